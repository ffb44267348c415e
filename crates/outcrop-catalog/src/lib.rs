//! outcrop-catalog
