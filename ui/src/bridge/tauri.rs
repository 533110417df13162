//! `window.__TAURI__.core`: its `invoke` and its `Channel`.

use super::Watcher;
use crate::state::CallProblem;
use bellhop_model::view::AskProblem;
use js_sys::{Array, Function, JSON, Object, Promise, Reflect};
use serde::de::DeserializeOwned;
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;

type OnMessage = Closure<dyn FnMut(JsValue)>;

/// The program's side of the window.
#[derive(Debug, Clone)]
pub struct Core {
    api: JsValue,
    invoke: Function,
    /// Keeps the channel in use alive.
    on_message: Rc<RefCell<Option<OnMessage>>>,
}

impl Core {
    /// `None` in a plain browser.
    pub(super) fn find() -> Option<Self> {
        let get = |of: &JsValue, key: &str| {
            Reflect::get(of, &key.into()).ok().filter(|v| !v.is_undefined() && !v.is_null())
        };
        let core = get(&get(&js_sys::global(), "__TAURI__")?, "core")?;
        let invoke = get(&core, "invoke")?.dyn_into().ok()?;
        Some(Self { api: core, invoke, on_message: Rc::default() })
    }

    /// Calls a command and reads its answer.
    pub(super) async fn call<T: DeserializeOwned>(
        &self,
        command: &str,
        args: &serde_json::Value,
    ) -> Result<T, CallProblem> {
        let args = JSON::parse(&args.to_string()).map_err(|e| broken(&e))?;
        let answer = self.invoke(command, &args).await?;
        read(&text_of(&answer)).map_err(|e| CallProblem::Broken(e.to_string()))
    }

    /// Gives the backend a new channel. Messages that cannot be read leave a hole in the
    /// revisions, which is mended by a new snapshot.
    pub(super) async fn watch(&self, watcher: Watcher) -> Result<(), CallProblem> {
        let on_message = OnMessage::new(move |message: JsValue| match read(&text_of(&message)) {
            Ok(update) => watcher(update),
            Err(error) => complain(&error),
        });
        let class = Reflect::get(&self.api, &"Channel".into())
            .ok()
            .and_then(|class| class.dyn_into::<Function>().ok())
            .ok_or_else(|| CallProblem::Broken("there is no Channel".to_owned()))?;
        let channel = Reflect::construct(&class, &Array::new()).map_err(|e| broken(&e))?;
        let args = Object::new();
        Reflect::set(&channel, &"onmessage".into(), on_message.as_ref()).map_err(|e| broken(&e))?;
        Reflect::set(&args, &"channel".into(), &channel).map_err(|e| broken(&e))?;
        *self.on_message.borrow_mut() = Some(on_message);
        self.invoke("watch", &args).await.map(|_| ())
    }

    async fn invoke(&self, command: &str, args: &JsValue) -> Result<JsValue, CallProblem> {
        let called = self.invoke.call2(&self.api, &command.into(), args);
        let promise: Promise = called.map_err(|e| broken(&e))?.into();
        JsFuture::from(promise).await.map_err(|e| problem(&e))
    }
}

/// The JSON text of a value; `null` for one that has none.
fn text_of(value: &JsValue) -> String {
    JSON::stringify(value).ok().and_then(|text| text.as_string()).unwrap_or_else(|| "null".into())
}

fn read<T: DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}

/// Says where an update could not be read, never what stands there: it may be visitor text
/// (law 11).
fn complain(error: &serde_json::Error) {
    let (kind, at) = (error.classify(), error.column());
    crate::dom::page::complain(&format!("unreadable update: {kind:?} error at character {at}"));
}

fn problem(error: &JsValue) -> CallProblem {
    match read::<AskProblem>(&text_of(error)) {
        Ok(problem) => CallProblem::Said(problem),
        Err(_) => broken(error),
    }
}

fn broken(error: &JsValue) -> CallProblem {
    let text = error
        .as_string()
        .or_else(|| error.dyn_ref::<js_sys::Error>().map(|e| String::from(e.message())))
        .unwrap_or_else(|| text_of(error));
    CallProblem::Broken(text)
}
