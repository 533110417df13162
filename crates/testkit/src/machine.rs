//! The machine below the desktop, as logind and NetworkManager tell of it on the system bus; a
//! desk's system bus is its session bus.

use anyhow::Result;
use zbus::Connection;

/// Plays both for one desk.
#[derive(Debug)]
pub struct Machine {
    bus: Connection,
}

impl Machine {
    /// Before the program starts.
    pub async fn start(bus: &str) -> Result<Self> {
        let bus = zbus::connection::Builder::address(bus).build().await?;
        bus.request_name("org.freedesktop.login1").await?;
        bus.request_name("org.freedesktop.NetworkManager").await?;
        Ok(Self { bus })
    }

    /// It is about to sleep, or it woke.
    pub async fn sleeps(&self, now: bool) -> Result<()> {
        let (path, interface) = ("/org/freedesktop/login1", "org.freedesktop.login1.Manager");
        let to = None::<zbus::names::BusName<'_>>;
        Ok(self.bus.emit_signal(to, path, interface, "PrepareForSleep", &now).await?)
    }

    /// The network is another one: NM_STATE_CONNECTED_GLOBAL.
    pub async fn network_changes(&self) -> Result<()> {
        let (path, name) = ("/org/freedesktop/NetworkManager", "org.freedesktop.NetworkManager");
        let to = None::<zbus::names::BusName<'_>>;
        Ok(self.bus.emit_signal(to, path, name, "StateChanged", &70_u32).await?)
    }
}
