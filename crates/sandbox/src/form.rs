//! Bodies and queries as Stripe takes them: `application/x-www-form-urlencoded` with brackets for nesting
//! (`line_items[0][price_data][currency]=ils`). A reader takes what it knows; what is left over is an error,
//! because Stripe refuses unknown parameters and a stand-in that did not would hide misspellings.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::errors::ApiError;

const PAIRS_MAX: usize = 1_000;
const DEPTH_MAX: usize = 8;
const KEY_MAX: usize = 500;
const TEXT_MAX: usize = 5_000;
const METADATA_KEYS_MAX: usize = 50;
const METADATA_KEY_MAX: usize = 40;
const METADATA_VALUE_MAX: usize = 500;

#[derive(Debug, Clone)]
enum Node {
    Text(String),
    Tree(IndexMap<String, Node>),
}

/// Parameters that have not been read yet.
#[derive(Debug, Clone, Default)]
pub struct Params {
    prefix: String,
    tree: IndexMap<String, Node>,
}

impl Params {
    /// Reads a body or a query string. 400 when it is too large, too deep or contradicts itself.
    pub fn parse(encoded: &[u8]) -> Result<Self, ApiError> {
        let mut params = Self::default();
        for (count, (key, value)) in form_urlencoded::parse(encoded).enumerate() {
            if count >= PAIRS_MAX || key.len() > KEY_MAX {
                return Err(ApiError::invalid("Too many parameters."));
            }
            let path = split_key(&key).ok_or_else(|| ApiError::invalid(format!("Invalid parameter name: {key}")))?;
            plant(&mut params.tree, &path, value.into_owned()).ok_or_else(|| ApiError::invalid(format!("Invalid hash: {key}")).param(&key))?;
        }
        Ok(params)
    }

    /// The full name of a parameter, as it stands in error messages.
    pub fn name(&self, key: &str) -> String {
        if self.prefix.is_empty() { key.to_owned() } else { format!("{}[{key}]", self.prefix) }
    }

    /// Whether the parameter is there and has not been read.
    pub fn has(&self, key: &str) -> bool {
        self.tree.contains_key(key)
    }

    /// A text; absent and empty both give `None`.
    pub fn text(&mut self, key: &str) -> Result<Option<String>, ApiError> {
        Ok(self.change(key)?.and_then(|value| value.as_str().map(str::to_owned)))
    }

    /// A text that must be there.
    pub fn required(&mut self, key: &str) -> Result<String, ApiError> {
        self.text(key)?.ok_or_else(|| ApiError::missing(&self.name(key)))
    }

    /// For updates: `None` leaves the field, null unsets it (Stripe: an empty string), a text sets it.
    pub fn change(&mut self, key: &str) -> Result<Option<Value>, ApiError> {
        match self.tree.shift_remove(key) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => Ok(Some(Value::Null)),
            Some(Node::Text(text)) if text.chars().count() > TEXT_MAX => {
                Err(ApiError::invalid(format!("Invalid string: {key} is longer than {TEXT_MAX} characters.")).param(&self.name(key)))
            }
            Some(Node::Text(text)) => Ok(Some(Value::String(text))),
            Some(Node::Tree(_)) => Err(ApiError::invalid("Invalid string: a hash was given.").param(&self.name(key))),
        }
    }

    /// A whole number.
    pub fn integer(&mut self, key: &str) -> Result<Option<i64>, ApiError> {
        let name = self.name(key);
        self.text(key)?.map(|text| text.parse().map_err(|_| ApiError::invalid(format!("Invalid integer: {text}")).code("parameter_invalid_integer").param(&name))).transpose()
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, key: &str) -> Result<Option<bool>, ApiError> {
        let name = self.name(key);
        self.text(key)?.map(|text| text.parse().map_err(|_| ApiError::invalid(format!("Invalid boolean: {text}")).param(&name))).transpose()
    }

    /// A text out of a closed list.
    pub fn one_of(&mut self, key: &str, allowed: &[&str]) -> Result<Option<String>, ApiError> {
        let name = self.name(key);
        match self.text(key)? {
            Some(text) if !allowed.contains(&text.as_str()) => Err(ApiError::invalid(format!("Invalid {name}: must be one of {}", allowed.join(", "))).param(&name)),
            other => Ok(other),
        }
    }

    /// A nested hash. An empty string counts as absent.
    pub fn tree(&mut self, key: &str) -> Result<Option<Params>, ApiError> {
        let name = self.name(key);
        match self.tree.shift_remove(key) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => Ok(None),
            Some(Node::Text(_)) => Err(ApiError::invalid("Invalid object").param(&name)),
            Some(Node::Tree(tree)) => Ok(Some(Params { prefix: name, tree })),
        }
    }

    /// An array of hashes, in the order of its indices, at most `max` long.
    pub fn list(&mut self, key: &str, max: usize) -> Result<Vec<Params>, ApiError> {
        let Some(holder) = self.tree(key)? else { return Ok(Vec::new()) };
        let name = holder.prefix.clone();
        if holder.tree.len() > max {
            return Err(ApiError::invalid(format!("Array {name} exceeded maximum {max} allowed elements.")).param(&name));
        }
        indexed(holder.tree, &name)?
            .into_iter()
            .map(|(index, node)| match node {
                Node::Tree(tree) => Ok(Params { prefix: format!("{name}[{index}]"), tree }),
                Node::Text(_) => Err(ApiError::invalid("Invalid object").param(&format!("{name}[{index}]"))),
            })
            .collect()
    }

    /// An array of texts, at most `max` long.
    pub fn texts(&mut self, key: &str, max: usize) -> Result<Vec<String>, ApiError> {
        let Some(holder) = self.tree(key)? else { return Ok(Vec::new()) };
        if holder.tree.len() > max {
            return Err(ApiError::invalid(format!("Array {key} exceeded maximum {max} allowed elements.")).param(key));
        }
        indexed(holder.tree, &holder.prefix)?
            .into_iter()
            .map(|(_, node)| match node {
                Node::Text(text) => Ok(text),
                Node::Tree(_) => Err(ApiError::invalid("Invalid array").param(key)),
            })
            .collect()
    }

    /// `metadata`, merged over what is stored. An empty value removes a key, an empty `metadata` removes all.
    /// Limits: docs.stripe.com/api/metadata (50 keys, names of 40, values of 500 characters).
    pub fn metadata(&mut self, stored: Option<&Value>) -> Result<Value, ApiError> {
        let mut merged = stored.and_then(Value::as_object).cloned().unwrap_or_default();
        if matches!(self.tree.get("metadata"), Some(Node::Text(text)) if text.is_empty()) {
            merged = Map::new();
        }
        let Some(given) = self.tree("metadata")? else { return Ok(Value::Object(merged)) };
        for (key, node) in given.tree {
            let name = format!("{}[{key}]", given.prefix);
            let Node::Text(text) = node else { return Err(ApiError::invalid("Metadata values must be strings.").param(&name)) };
            if key.chars().count() > METADATA_KEY_MAX || text.chars().count() > METADATA_VALUE_MAX {
                return Err(ApiError::invalid("Metadata keys can be up to 40 characters long and values up to 500.").param(&name));
            }
            if text.is_empty() {
                merged.remove(&key);
            } else {
                merged.insert(key, Value::String(text));
            }
        }
        if merged.len() > METADATA_KEYS_MAX {
            return Err(ApiError::invalid("You can have up to 50 metadata keys.").param("metadata"));
        }
        Ok(Value::Object(merged))
    }

    /// Drops parameters that Stripe knows and the stand-in has no behaviour for.
    pub fn ignore(&mut self, keys: &[&str]) {
        for key in keys {
            self.tree.shift_remove(*key);
        }
    }

    /// 400 `parameter_unknown` when anything is left.
    pub fn finish(self) -> Result<(), ApiError> {
        match self.tree.keys().next() {
            Some(key) => Err(ApiError::unknown(&self.name(key))),
            None => Ok(()),
        }
    }
}

fn split_key(key: &str) -> Option<Vec<&str>> {
    let Some(open) = key.find('[') else { return Some(vec![key]) };
    let mut path = vec![&key[..open]];
    let mut rest = &key[open..];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[')?;
        let close = inner.find(']')?;
        path.push(&inner[..close]);
        rest = &inner[close + 1..];
    }
    (path.len() <= DEPTH_MAX && !path[0].is_empty()).then_some(path)
}

fn plant(tree: &mut IndexMap<String, Node>, path: &[&str], text: String) -> Option<()> {
    let (first, rest) = path.split_first()?;
    // `expand[]=x` asks for the next free place.
    let key = if first.is_empty() { tree.len().to_string() } else { (*first).to_owned() };
    if rest.is_empty() {
        tree.insert(key, Node::Text(text));
        return Some(());
    }
    match tree.entry(key).or_insert_with(|| Node::Tree(IndexMap::new())) {
        Node::Tree(inner) => plant(inner, rest, text),
        Node::Text(_) => None,
    }
}

fn indexed(tree: IndexMap<String, Node>, name: &str) -> Result<Vec<(usize, Node)>, ApiError> {
    let mut items = tree
        .into_iter()
        .map(|(key, node)| key.parse().map(|index| (index, node)).map_err(|_| ApiError::invalid("Invalid array").param(name)))
        .collect::<Result<Vec<(usize, Node)>, _>>()?;
    items.sort_by_key(|(index, _)| *index);
    Ok(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Params {
        Params::parse(text.as_bytes()).expect("a readable form")
    }

    #[test]
    fn nested_lists_come_in_the_order_of_their_indices() {
        let mut params = read("items[1][price]=b&items[0][price]=a&expand[]=x&expand[]=y&amount=1050");
        let mut items = params.list("items", 10).expect("a list");
        assert_eq!(items[0].text("price").expect("a text").as_deref(), Some("a"));
        assert_eq!(items[1].name("price"), "items[1][price]");
        assert_eq!(params.texts("expand", 10).expect("texts"), ["x", "y"]);
        assert_eq!(params.integer("amount").expect("a number"), Some(1050));
        params.finish().expect("nothing is left");
    }

    #[test]
    fn what_nobody_read_is_an_unknown_parameter() {
        let error = read("emial=a%40b.test").finish().expect_err("a misspelling");
        assert_eq!(error.fields["code"], "parameter_unknown");
        assert_eq!(error.fields["param"], "emial");
    }

    #[test]
    fn metadata_merges_and_an_empty_value_removes() {
        let stored = serde_json::json!({ "kept": "1", "gone": "2" });
        let merged = read("metadata[gone]=&metadata[new]=3").metadata(Some(&stored)).expect("metadata");
        assert_eq!(merged, serde_json::json!({ "kept": "1", "new": "3" }));
        assert_eq!(read("metadata=").metadata(Some(&stored)).expect("metadata"), serde_json::json!({}));
    }

    #[test]
    fn too_deep_too_many_and_contradictions_are_refused() {
        assert!(Params::parse(b"a[b][c][d][e][f][g][h][i]=1").is_err());
        assert!(Params::parse(b"a=1&a[b]=2").is_err());
        assert!(Params::parse("k=1&".repeat(PAIRS_MAX + 1).as_bytes()).is_err());
        assert!(Params::parse(b"a[b=1").is_err());
    }
}
