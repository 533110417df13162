//! What the operating system says of the machine: it is about to sleep, it woke, the network is
//! another one. The line to the service is dropped at once then, whatever it claims.
//!
//! Told on Linux by logind and NetworkManager over the system bus. Where nobody tells, waking is
//! noticed by the clock within two seconds (`crates/client`) and a dead line by its silence
//! (`crates/engine`).

use bellhop_client::Client;

#[cfg(not(target_os = "linux"))]
pub(crate) fn watch(_client: Client, _remote: bool) {}

/// Tells the client. `remote`: its service is on another machine; one on this machine is reached
/// whatever becomes of the network.
#[cfg(target_os = "linux")]
pub(crate) fn watch(client: Client, remote: bool) {
    tauri::async_runtime::spawn(async move {
        if let Err(error) = follow(&client, remote).await {
            tracing::info!("no system bus that tells of sleep and network: {error}");
        }
    });
}

#[cfg(target_os = "linux")]
async fn follow(client: &Client, remote: bool) -> zbus::Result<()> {
    use futures_util::StreamExt;
    let bus = zbus::Connection::system().await?;
    let logind = zbus::Proxy::new(
        &bus,
        "org.freedesktop.login1",
        "/org/freedesktop/login1",
        "org.freedesktop.login1.Manager",
    )
    .await?;
    let network = zbus::Proxy::new(
        &bus,
        "org.freedesktop.NetworkManager",
        "/org/freedesktop/NetworkManager",
        "org.freedesktop.NetworkManager",
    )
    .await?;
    let mut sleeps = logind.receive_signal("PrepareForSleep").await?;
    let mut changes = network.receive_signal("StateChanged").await?;
    loop {
        tokio::select! {
            Some(signal) = sleeps.next() => match signal.body().deserialize::<bool>() {
                Ok(true) => client.suspending(),
                Ok(false) => client.woke(),
                Err(error) => tracing::debug!("a strange word of sleep: {error}"),
            },
            Some(_) = changes.next(), if remote => client.network_changed(),
            else => return Ok(()),
        }
    }
}
