//! Load generator, fake providers and bare proxies.
