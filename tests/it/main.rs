//! The house's tests: the real router, a real PostgreSQL as the app's own roles, a clock that stands still.

mod support;

mod audit;
mod bad_days;
mod buildings;
mod clockwork;
mod companies;
mod crossing;
mod cut;
mod devices;
mod doors;
mod feed;
mod found;
mod intake;
mod join;
mod lanes;
mod limits;
mod live;
mod logs;
mod measures;
mod membership;
mod moves;
mod offices;
mod papers;
mod paying;
mod queue;
mod sessions;
mod settings;
mod stand;
mod streams;
mod tidy;
mod tokens;
mod trust;
mod typed;
mod vault;
mod walls;
