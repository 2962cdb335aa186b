//! The commands a client may say over its socket, by name. Knows none of their fields.

/// A kind of command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    AddItem,
    SetQuantity,
    RemoveItem,
    Clear,
    Restore,
    Extend,
    ChangeCurrency,
    Merge,
    Checkout,
    CompleteCheckout,
    CancelCheckout,
}

impl Kind {
    pub(crate) const ALL: [Self; 11] = [
        Self::AddItem,
        Self::SetQuantity,
        Self::RemoveItem,
        Self::Clear,
        Self::Restore,
        Self::Extend,
        Self::ChangeCurrency,
        Self::Merge,
        Self::Checkout,
        Self::CompleteCheckout,
        Self::CancelCheckout,
    ];

    /// The name it is said by.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::AddItem => "add_item",
            Self::SetQuantity => "set_quantity",
            Self::RemoveItem => "remove_item",
            Self::Clear => "clear",
            Self::Restore => "restore",
            Self::Extend => "extend",
            Self::ChangeCurrency => "change_currency",
            Self::Merge => "merge",
            Self::Checkout => "checkout",
            Self::CompleteCheckout => "complete_checkout",
            Self::CancelCheckout => "cancel_checkout",
        }
    }

    /// The one of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}
