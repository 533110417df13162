//! What a person sees and does on a page: the program's window, or a web site in a browser.
//!
//! Reading is one script a look, so that what is read belongs to one moment. Clicks and keys go
//! through the driver's own input, as a person's would. Elements are found by selector, below the
//! document or inside the widget's shadow root.

use crate::wait::{NotYet, Probe, wait_for};
use anyhow::{Context, Result};
pub use fantoccini::key::Key;
use fantoccini::{
    Client,
    elements::{Element, ElementRef},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs, path::Path};

const READ: &str = "
    const root = ROOT;
    if (!root) return [];
    return Array.from(root.querySelectorAll(arguments[0]), (e) => ({
        text: (e.innerText ?? e.textContent ?? '').trim(),
        value: e.value === undefined ? null : String(e.value),
        visible: e.getClientRects().length > 0,
        attributes: Object.fromEntries(Array.from(e.attributes, (a) => [a.name, a.value])),
    }));";

const FIND: &str = "
    const root = ROOT;
    if (!root) return null;
    const shown = (e) => e.getClientRects().length > 0;
    const found = Array.from(root.querySelectorAll(arguments[0])).find(shown) ?? null;
    found?.scrollIntoView({ block: 'nearest' });
    return found;";

/// The key that `WebDriver` names an element with.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// An element as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Seen {
    pub text: String,
    /// What stands in it, for a text box.
    pub value: Option<String>,
    pub visible: bool,
    pub attributes: BTreeMap<String, String>,
}

impl Seen {
    /// An attribute's value, empty where it is not set.
    pub fn attribute(&self, name: &str) -> &str {
        self.attributes.get(name).map_or("", String::as_str)
    }
}

/// The selector of the element that carries this `data-test`.
pub fn hook(name: &str) -> String {
    format!("[data-test=\"{name}\"]")
}

/// A page under a driver.
#[derive(Debug, Clone)]
pub struct Surface {
    client: Client,
    root: &'static str,
}

impl Surface {
    /// The elements of the document itself.
    pub fn document(client: Client) -> Self {
        Self { client, root: "document" }
    }

    /// The elements inside Bellhop's widget.
    pub fn widget(client: Client) -> Self {
        Self { client, root: "document.querySelector('bellhop-widget')?.shadowRoot" }
    }

    pub fn client(&self) -> &Client {
        &self.client
    }

    async fn script(&self, script: &str, selector: &str) -> Result<Value> {
        let script = script.replace("ROOT", self.root);
        Ok(self.client.execute(&script, vec![json!(selector)]).await?)
    }

    /// Everything the selector finds now, in document order, visible or not.
    pub async fn read(&self, selector: &str) -> Result<Vec<Seen>> {
        Ok(serde_json::from_value(self.script(READ, selector).await?)?)
    }

    /// The visible ones of it.
    pub async fn visible(&self, selector: &str) -> Result<Vec<Seen>> {
        let mut seen = self.read(selector).await?;
        seen.retain(|s| s.visible);
        Ok(seen)
    }

    async fn try_element(&self, selector: &str) -> Probe<Element> {
        let found = self.script(FIND, selector).await.map_err(|e| format!("{e:#}"))?;
        let id = found.get(ELEMENT).and_then(Value::as_str).ok_or("no visible element")?;
        Ok(Element::from_element_id(self.client.clone(), ElementRef::from(id.to_owned())))
    }

    /// Clicks the first visible one, as soon as it can be clicked.
    pub async fn click(&self, selector: &str) -> Result<()> {
        wait_for(&format!("{selector} to be clicked"), async || {
            Ok(self.try_element(selector).await?.click().await?)
        })
        .await
    }

    /// Types into the first visible one, after what stands there.
    pub async fn type_text(&self, selector: &str, text: &str) -> Result<()> {
        let element = wait_for(&format!("{selector} to type into"), async || {
            self.try_element(selector).await
        })
        .await?;
        element.send_keys(text).await.with_context(|| format!("typing {text:?} into {selector}"))
    }

    /// Presses one key in it.
    pub async fn press(&self, selector: &str, key: Key) -> Result<()> {
        self.type_text(selector, &char::from(key).to_string()).await
    }

    /// Types it and presses Enter.
    pub async fn type_and_enter(&self, selector: &str, text: &str) -> Result<()> {
        self.type_text(selector, text).await?;
        self.press(selector, Key::Enter).await
    }

    /// Waits until some visible one satisfies `is_it`.
    pub async fn wait_seen(
        &self,
        what: &str,
        selector: &str,
        is_it: impl Fn(&Seen) -> bool,
    ) -> Result<Seen> {
        wait_for(what, async || {
            let seen = self.visible(selector).await.map_err(|e| format!("{e:#}"))?;
            let found = seen.iter().find(|s| is_it(s)).cloned();
            found.ok_or_else(|| NotYet::seen(format!("{selector}: {seen:?}")))
        })
        .await
    }

    /// Waits until some visible one contains `part`.
    pub async fn wait_text(&self, selector: &str, part: &str) -> Result<Seen> {
        let what = format!("{part:?} in {selector}");
        self.wait_seen(&what, selector, |s| s.text.contains(part)).await
    }

    /// Waits until one is visible.
    pub async fn wait(&self, selector: &str) -> Result<Seen> {
        self.wait_seen(&format!("{selector} to be shown"), selector, |_| true).await
    }

    /// Waits until none is visible.
    pub async fn wait_gone(&self, selector: &str) -> Result<()> {
        wait_for(&format!("{selector} to be gone"), async || {
            let seen = self.visible(selector).await.map_err(|e| format!("{e:#}"))?;
            if seen.is_empty() { Ok(()) } else { Err(NotYet::seen(format!("{seen:?}"))) }
        })
        .await
    }

    /// Runs a script in the page and returns what it returns.
    pub async fn evaluate(&self, script: &str) -> Result<Value> {
        Ok(self.client.execute(script, Vec::new()).await?)
    }

    /// A picture of the page.
    pub async fn screenshot(&self, path: &Path) -> Result<()> {
        let png = self.client.screenshot().await.context("the driver gives no picture")?;
        fs::write(path, png).with_context(|| format!("{} cannot be written", path.display()))
    }
}
