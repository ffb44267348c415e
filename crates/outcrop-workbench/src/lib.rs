//! outcrop-workbench
