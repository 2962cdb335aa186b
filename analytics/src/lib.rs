//! The downstream consumer of cart events. Nothing runs here yet: the role exists so that
//! deployments can name it.
