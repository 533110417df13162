//! The agent side's brain: pure decisions from inputs to effects.
