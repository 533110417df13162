//! Sockets and HTTP: how the desktop program reaches a chat service.
