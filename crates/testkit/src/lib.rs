//! What tests are made of: named actors, a private desktop, a fault proxy, a notification daemon.
