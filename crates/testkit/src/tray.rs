//! The panel's tray, ours: it keeps the items that register and reads and clicks their menus.
//!
//! It must stand before the program starts: a program looks for a tray host once.

#![allow(clippy::used_underscore_binding)] // zbus reads the arguments that a test needs not

use crate::wait::{NotYet, wait_for};
use anyhow::{Context, Result};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use zbus::{
    Connection, OwnedObjectPath, OwnedVariant, Variant, interface, message::Header,
    object_server::SignalEmitter,
};

/// Where an item is: the sender's name on the bus, and the path it registered.
type Address = (String, String);
type Shared = Arc<Mutex<Vec<Address>>>;

struct Watcher {
    items: Shared,
}

#[interface(name = "org.kde.StatusNotifierWatcher")]
impl Watcher {
    async fn register_status_notifier_item(
        &mut self,
        service: String,
        #[zbus(header)] header: Header<'_>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> zbus::fdo::Result<()> {
        // libayatana registers an object path; others register a bus name.
        let sender = header.sender().map(ToString::to_string).unwrap_or_default();
        let (name, path) = if service.starts_with('/') {
            (sender, service)
        } else {
            (service, "/StatusNotifierItem".to_owned())
        };
        let item = format!("{name}{path}");
        self.items.lock().unwrap_or_else(PoisonError::into_inner).push((name, path));
        Ok(Self::status_notifier_item_registered(&emitter, &item).await?)
    }

    #[allow(clippy::unused_self)]
    fn register_status_notifier_host(&self, _service: String) {}

    #[zbus(property)]
    fn registered_status_notifier_items(&self) -> Vec<String> {
        let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
        items.iter().map(|(name, path)| format!("{name}{path}")).collect()
    }

    #[zbus(property)]
    #[allow(clippy::unused_self)]
    fn is_status_notifier_host_registered(&self) -> bool {
        true
    }

    #[zbus(property)]
    #[allow(clippy::unused_self)]
    fn protocol_version(&self) -> i32 {
        0
    }

    #[zbus(signal)]
    async fn status_notifier_item_registered(
        emitter: &SignalEmitter<'_>,
        item: &str,
    ) -> zbus::Result<()>;
}

#[zbus::proxy(interface = "org.kde.StatusNotifierItem")]
trait Item {
    #[zbus(property(emits_changed_signal = "false"))]
    fn title(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn icon_name(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"), name = "XAyatanaLabel")]
    fn label(&self) -> zbus::Result<String>;
    #[zbus(property(emits_changed_signal = "false"))]
    fn menu(&self) -> zbus::Result<OwnedObjectPath>;
}

/// An entry: its id, its properties, its children.
type Layout = (i32, HashMap<String, OwnedVariant>, Vec<OwnedVariant>);

#[zbus::proxy(interface = "com.canonical.dbusmenu")]
trait Menu {
    fn get_layout(
        &self,
        parent: i32,
        depth: i32,
        properties: Vec<String>,
    ) -> zbus::Result<(u32, Layout)>;
    fn about_to_show(&self, id: i32) -> zbus::Result<bool>;
    fn event(&self, id: i32, event: &str, data: Variant<'_>, timestamp: u32) -> zbus::Result<()>;
}

/// One entry of the menu, submenus laid flat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    id: i32,
    pub label: String,
    pub enabled: bool,
    /// `Some` for an entry that can be ticked.
    pub ticked: Option<bool>,
}

/// The tray.
#[derive(Debug)]
pub struct Tray {
    connection: Connection,
    items: Shared,
}

impl Tray {
    pub async fn start(bus: &str) -> Result<Self> {
        let items = Shared::default();
        let connection = zbus::connection::Builder::address(bus)
            .serve_at("/StatusNotifierWatcher", Watcher { items: items.clone() })
            .name("org.kde.StatusNotifierWatcher")
            .build()
            .await?;
        Ok(Self { connection, items })
    }

    async fn newest(&self) -> Result<Address> {
        wait_for("an item in the tray", async || {
            let items = self.items.lock().unwrap_or_else(PoisonError::into_inner);
            items.last().cloned().ok_or_else(|| NotYet::seen("no item registered"))
        })
        .await
    }

    async fn item(&self) -> Result<ItemProxy<'static>> {
        let (name, path) = self.newest().await?;
        Ok(ItemProxy::builder(&self.connection).destination(name).path(path).build().await?)
    }

    async fn menu_proxy(&self) -> Result<MenuProxy<'static>> {
        let (name, _) = self.newest().await?;
        let path = self.item().await?.menu().await?;
        Ok(MenuProxy::builder(&self.connection).destination(name).path(path).build().await?)
    }

    /// The file or the name of the icon shown now.
    pub async fn icon(&self) -> Result<String> {
        Ok(self.item().await?.icon_name().await?)
    }

    /// What stands beside the icon and what is said of it, in one line.
    pub async fn title(&self) -> Result<String> {
        let item = self.item().await?;
        let label = item.label().await.unwrap_or_default();
        Ok(format!("{label} {}", item.title().await.unwrap_or_default()))
    }

    /// The menu as it is now.
    pub async fn entries(&self) -> Result<Vec<Entry>> {
        let menu = self.menu_proxy().await?;
        // Some menus build themselves only now; an error means that this one does not.
        let _ = menu.about_to_show(0).await;
        let (_, root) = menu.get_layout(0, -1, Vec::new()).await?;
        let mut found = Vec::new();
        collect(root, &mut found)?;
        Ok(found)
    }

    /// Waits for an entry whose label contains `part`.
    pub async fn wait_entry(&self, part: &str) -> Result<Entry> {
        wait_for(&format!("{part:?} in the tray's menu"), async || {
            let entries = self.entries().await?;
            let found = entries.iter().find(|e| e.label.contains(part)).cloned();
            found.ok_or_else(|| NotYet::seen(format!("{entries:?}")))
        })
        .await
    }

    /// Clicks the entry whose label contains `part`.
    pub async fn click(&self, part: &str) -> Result<()> {
        let entry = self.wait_entry(part).await?;
        let menu = self.menu_proxy().await?;
        menu.event(entry.id, "clicked", Variant::from(0_i32), 0)
            .await
            .with_context(|| format!("clicking {:?}", entry.label))?;
        Ok(())
    }
}

fn collect((id, properties, children): Layout, found: &mut Vec<Entry>) -> Result<()> {
    let text = |name: &str| properties.get(name).and_then(|v| <&str>::try_from(&**v).ok());
    if let Some(label) = text("label") {
        let flag = |name: &str| properties.get(name).and_then(|v| bool::try_from(&**v).ok());
        let state = properties.get("toggle-state").and_then(|v| i32::try_from(&**v).ok());
        let ticked = text("toggle-type").filter(|kind| !kind.is_empty()).map(|_| state == Some(1));
        // A single underscore marks the mnemonic.
        let label = label.replacen('_', "", 1);
        found.push(Entry { id, label, enabled: flag("enabled").unwrap_or(true), ticked });
    }
    for child in children {
        collect(Layout::try_from(Variant::from(child))?, found)?;
    }
    Ok(())
}
