//! The chat service: visitors, queue, routing and history behind the live connection.
