//! Listens: a bounded HTTP/1.1 accept loop that every door shares.
