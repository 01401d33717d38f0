//! The controller as the server sees it: a decision, carried out in a simulated world, again and again.

// Said again of these: clippy allows `unwrap` in what is marked as a test.
#[cfg(test)]
mod behaviour;
#[cfg(test)]
mod conduct;
#[cfg(test)]
mod crowd;
#[cfg(test)]
mod never;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod scaling;
#[cfg(test)]
mod scaling_properties;
#[cfg(test)]
mod world;
