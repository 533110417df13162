//! The driver that carries out the engine's effects in order.
