//! The frame: the document, the routes.
