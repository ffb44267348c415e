//! outcrop-store
