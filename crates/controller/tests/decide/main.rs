//! The controller as the server sees it: a decision, carried out in a simulated world, again and again.

mod behaviour;
mod properties;
mod world;
