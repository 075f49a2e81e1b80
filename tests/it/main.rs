//! The house's tests: the real router, a real PostgreSQL as the app's own roles, a clock that stands still.

mod support;

mod buildings;
mod crossing;
mod doors;
mod feed;
mod join;
mod limits;
mod live;
mod sessions;
mod streams;
mod tidy;
mod typed;
mod tokens;
mod walls;
