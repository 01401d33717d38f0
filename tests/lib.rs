//! End-to-end scenarios against the real binary, named by requirement id.
