//! placeholder replaced in the first slice
