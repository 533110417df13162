//! Tests of the engine as a whole: one agent's desk against a small model of the service.

mod alerting;
mod catching_up;
mod connecting;
mod departments;
mod desk;
mod disk;
mod model;
mod sending;
mod service;
mod serving;
mod window;
