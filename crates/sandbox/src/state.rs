//! Everything the sandbox remembers, in memory, behind one lock. Objects are kept in the very shape they are
//! answered in, so that what a test reads, an event carries and a list shows cannot differ.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use indexmap::IndexMap;
use serde_json::{Map, Value, json};
use tokio::{
    sync::{mpsc, watch},
    time::Instant,
};

use crate::{
    Options,
    courier::{Delivery, Dispatch},
    errors::ApiError,
    faults::Faults,
    google::Google,
    idempotency::Keys,
    ids::Ids,
    israel::Memory,
    sms::Message,
    stripe::{API_VERSION, cards::TestCard, checkout::Plan, kinds::Kind},
};

const OBJECTS_MAX: usize = 20_000;
const DELIVERIES_MAX: usize = 1_000;

/// What a payment intent was made for, where it was not made through the API itself.
#[derive(Debug, Clone)]
pub enum Owner {
    /// A Checkout session.
    Session(String),
    /// An invoice.
    Invoice(String),
}

/// Which request is being carried out; stands in the events it causes.
#[derive(Debug, Clone, Default)]
pub struct Cause {
    /// `request-id`; none for what happens by itself or on the hosted page.
    pub request_id: Option<String>,
    /// The idempotency key.
    pub idempotency_key: Option<String>,
}

/// The memory of the sandbox.
pub struct State {
    objects: BTreeMap<Kind, IndexMap<String, Value>>,
    /// What a Checkout session will do when it is paid.
    pub plans: HashMap<String, Plan>,
    /// The test card behind each payment method.
    pub cards: HashMap<String, &'static TestCard>,
    /// What payment intents were made for.
    pub owners: HashMap<String, Owner>,
    /// Idempotency keys.
    pub keys: Keys,
    /// Faults in force.
    pub faults: Faults,
    /// Text messages, oldest first.
    pub messages: VecDeque<Message>,
    /// What Israel's providers know.
    pub israel: Memory,
    /// Google's codes and grants.
    pub google: Google,
    /// What became of deliveries, oldest first.
    pub deliveries: VecDeque<Delivery>,
    /// The source of names.
    pub ids: Ids,
    /// The request being carried out.
    pub cause: Cause,
    /// Where the hosted pages are reached, without a slash at the end.
    pub public_url: String,
    options: Arc<Options>,
    clock_ahead_s: i64,
    event_order: i64,
    courier: mpsc::Sender<Dispatch>,
    waiting: watch::Sender<usize>,
}

impl State {
    fn new(options: Arc<Options>, public_url: String, courier: mpsc::Sender<Dispatch>, waiting: watch::Sender<usize>) -> Self {
        let mut state = Self {
            objects: BTreeMap::new(),
            plans: HashMap::new(),
            cards: HashMap::new(),
            owners: HashMap::new(),
            keys: Keys::default(),
            faults: Faults::default(),
            messages: VecDeque::new(),
            israel: Memory::default(),
            google: Google::default(),
            deliveries: VecDeque::new(),
            ids: Ids::new(options.seed),
            cause: Cause::default(),
            public_url,
            options,
            clock_ahead_s: 0,
            event_order: 0,
            courier,
            waiting,
        };
        state.register_endpoints();
        state
    }

    fn register_endpoints(&mut self) {
        for target in &Arc::clone(&self.options).webhooks {
            let id = self.ids.next("we_");
            let endpoint = crate::stripe::webhooks::endpoint(&id, &target.url, &target.secret, self.now());
            self.objects.entry(Kind::WebhookEndpoint).or_default().insert(id, endpoint);
        }
    }

    /// Back to the first minute. The endpoints of the command line stay; events on their way are not called back.
    pub fn reset(&mut self) {
        *self = Self::new(Arc::clone(&self.options), self.public_url.clone(), self.courier.clone(), self.waiting.clone());
    }

    /// The sandbox's settings.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Seconds since 1970, ahead of the real clock by what tests have asked for.
    pub fn now(&self) -> i64 {
        (self.options.clock)() + self.clock_ahead_s
    }

    /// Moves the sandbox's clock ahead.
    pub fn advance(&mut self, seconds: i64) {
        self.clock_ahead_s += seconds;
    }

    /// Keeps a new object and gives it back. 503 when there is no room.
    pub fn insert(&mut self, kind: Kind, object: Value) -> Result<Value, ApiError> {
        let shelf = self.objects.entry(kind).or_default();
        if shelf.len() >= OBJECTS_MAX {
            return Err(ApiError::full(kind.noun()));
        }
        let id = object["id"].as_str().unwrap_or_default().to_owned();
        shelf.insert(id, object.clone());
        Ok(object)
    }

    /// An object by its id. 404 `resource_missing`.
    pub fn get(&self, kind: Kind, id: &str) -> Result<&Value, ApiError> {
        self.objects.get(&kind).and_then(|shelf| shelf.get(id)).ok_or_else(|| ApiError::no_such(kind.noun(), id))
    }

    /// Like `get`, for an id that came as a parameter: 400, naming the parameter.
    pub fn referred(&self, kind: Kind, id: &str, param: &str) -> Result<&Value, ApiError> {
        match self.get(kind, id) {
            Ok(object) if object["deleted"] != true => Ok(object),
            _ => Err(ApiError { status: 400, ..ApiError::no_such(kind.noun(), id) }.param(param)),
        }
    }

    /// Sets fields of an object, gives back the object and what the fields were before (only those that changed).
    pub fn set(&mut self, kind: Kind, id: &str, fields: Value) -> Result<(Value, Value), ApiError> {
        let object = self.objects.get_mut(&kind).and_then(|shelf| shelf.get_mut(id)).ok_or_else(|| ApiError::no_such(kind.noun(), id))?;
        let mut before = Map::new();
        if let Value::Object(fields) = fields {
            for (name, value) in fields {
                let old = std::mem::replace(&mut object[&name], value);
                if old != object[&name] {
                    before.insert(name, old);
                }
            }
        }
        Ok((object.clone(), Value::Object(before)))
    }

    /// Puts another object in the place of one, or takes it away (`None`).
    pub fn replace(&mut self, kind: Kind, id: &str, object: Option<Value>) {
        let shelf = self.objects.entry(kind).or_default();
        match object {
            Some(object) => shelf.insert(id.to_owned(), object),
            None => shelf.shift_remove(id),
        };
    }

    /// The objects of a kind, newest first.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Value> {
        self.objects.get(&kind).into_iter().flat_map(|shelf| shelf.values().rev())
    }

    /// How many objects of a kind there are.
    pub fn count(&self, kind: Kind) -> usize {
        self.objects.get(&kind).map_or(0, IndexMap::len)
    }

    /// Writes an event down and hands it to the courier, for every endpoint that asked for its type.
    pub fn record(&mut self, event_type: &str, object: Value) {
        self.record_change(event_type, object, Value::Null);
    }

    /// Like `record`, for `*.updated` events, which carry the fields as they were.
    pub fn record_change(&mut self, event_type: &str, object: Value, before: Value) {
        let id = self.ids.next("evt_1");
        let mut data = json!({ "object": object });
        if !before.is_null() {
            data["previous_attributes"] = before;
        }
        let endpoints: Vec<Value> = self.all(Kind::WebhookEndpoint).filter(|endpoint| wants(endpoint, event_type)).cloned().collect();
        let event = json!({
            "id": id,
            "object": "event",
            "api_version": API_VERSION,
            "context": null,
            "created": self.now(),
            "data": data,
            "livemode": false,
            "pending_webhooks": endpoints.len(),
            "request": { "id": self.cause.request_id, "idempotency_key": self.cause.idempotency_key },
            "type": event_type,
        });
        let shelf = self.objects.entry(Kind::Event).or_default();
        if shelf.len() >= OBJECTS_MAX {
            // Stripe forgets events after 30 days; here the oldest make room.
            shelf.shift_remove_index(0);
        }
        shelf.insert(id, event.clone());
        for endpoint in &endpoints {
            self.dispatch(&event, endpoint);
        }
    }

    fn dispatch(&mut self, event: &Value, endpoint: &Value) {
        let event_type = event["type"].as_str().unwrap_or_default();
        let plan = self.faults.plan(event_type, Instant::now());
        self.event_order += 1;
        for _ in 0..plan.copies {
            let order = if plan.reversed { -self.event_order } else { self.event_order };
            self.send(Dispatch::new(event, endpoint, plan.due, order));
        }
    }

    /// Sends an event again to every endpoint that wants its type. Gives how many.
    pub fn redeliver(&mut self, event_id: &str) -> Result<usize, ApiError> {
        let event = self.get(Kind::Event, event_id)?.clone();
        let event_type = event["type"].as_str().unwrap_or_default();
        let endpoints: Vec<Value> = self.all(Kind::WebhookEndpoint).filter(|endpoint| wants(endpoint, event_type)).cloned().collect();
        for endpoint in &endpoints {
            self.event_order += 1;
            self.send(Dispatch::new(&event, endpoint, Instant::now(), self.event_order));
        }
        Ok(endpoints.len())
    }

    fn send(&mut self, dispatch: Dispatch) {
        match self.courier.try_send(dispatch) {
            Ok(()) => self.waiting.send_modify(|count| *count += 1),
            Err(error) => tracing::warn!(%error, "a delivery was dropped because too many are waiting"),
        }
    }

    /// Writes down what became of a delivery. `done`: it will not be tried again.
    pub fn delivered(&mut self, delivery: Delivery, done: bool) {
        if delivery.status.is_some_and(|status| (200..300).contains(&status))
            && let Some(event) = self.objects.get_mut(&Kind::Event).and_then(|shelf| shelf.get_mut(&delivery.event))
        {
            let left = event["pending_webhooks"].as_u64().unwrap_or_default();
            event["pending_webhooks"] = left.saturating_sub(1).into();
        }
        if self.deliveries.len() >= DELIVERIES_MAX {
            self.deliveries.pop_front();
        }
        self.deliveries.push_back(delivery);
        if done {
            self.waiting.send_modify(|count| *count = count.saturating_sub(1));
        }
    }

    /// How many deliveries have not come to an end.
    pub fn waiting(&self) -> usize {
        *self.waiting.borrow()
    }
}

fn wants(endpoint: &Value, event_type: &str) -> bool {
    endpoint["status"] == "enabled" && endpoint["enabled_events"].as_array().is_some_and(|wanted| wanted.iter().any(|name| name == "*" || name == event_type))
}

/// The sandbox: its memory, and the settings it was started with.
pub struct App {
    state: Mutex<State>,
    waiting: watch::Receiver<usize>,
}

impl App {
    /// An empty sandbox that hands deliveries to `courier`.
    pub fn new(options: Options, public_url: String, courier: mpsc::Sender<Dispatch>) -> Self {
        let (sender, waiting) = watch::channel(0);
        Self { state: Mutex::new(State::new(Arc::new(options), public_url, courier, sender)), waiting }
    }

    /// The memory, for as long as the guard lives; never across an await.
    pub fn state(&self) -> MutexGuard<'_, State> {
        // A panic in one request must not end the others.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells when the number of waiting deliveries changes.
    pub fn waiting(&self) -> watch::Receiver<usize> {
        self.waiting.clone()
    }
}
