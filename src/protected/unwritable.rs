//! Why a protected value cannot be written.

use crate::chunks::TooLarge;
use crate::cipher::CannotSeal;

/// Why a value cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwritable {
    /// It needs more cookies than are allowed.
    TooLarge(TooLarge),
    /// It is no valid cookie value.
    NotAllowed,
    /// It cannot be sealed.
    CannotSeal,
}

impl From<TooLarge> for Unwritable {
    fn from(error: TooLarge) -> Self {
        Self::TooLarge(error)
    }
}

impl From<CannotSeal> for Unwritable {
    fn from(_: CannotSeal) -> Self {
        Self::CannotSeal
    }
}
