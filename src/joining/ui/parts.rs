//! Pieces of the join screens.

use crate::buildings::model::{Facade, WindowState};

/// The façade as the kit draws it.
pub fn floors(facade: &Facade) -> Vec<Vec<(String, &'static str)>> {
    facade.floors.iter().map(|floor| floor.iter().map(|window| (window.number.clone(), word(window.state))).collect()).collect()
}

fn word(state: WindowState) -> &'static str {
    match state {
        WindowState::Off => "off",
        WindowState::Dim => "dim",
        WindowState::Lit => "lit",
        WindowState::Half => "half",
        WindowState::You => "you",
    }
}
