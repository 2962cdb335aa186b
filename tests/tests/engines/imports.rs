//! Another shop moves in: files of its carts and products, brought in by the command line.

mod carts;
mod products;
mod site;
