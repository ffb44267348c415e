//! outcrop-advisory
