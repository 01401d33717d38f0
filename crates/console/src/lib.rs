//! The web console, built from `console/` and embedded.
