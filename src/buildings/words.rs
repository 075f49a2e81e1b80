//! The words of the building.
