//! The encrypted cache on the agent's machine.
