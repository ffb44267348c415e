//! outcrop-image
