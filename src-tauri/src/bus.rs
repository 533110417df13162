//! The session bus of a Linux desktop: whether somebody owns a name on it.

use futures_util::StreamExt;
use tokio::sync::OnceCell;
use zbus::{Connection, fdo::DBusProxy, names::BusName};

/// One line for all who follow a name.
static SESSION: OnceCell<Connection> = OnceCell::const_new();

/// Tells `changed` whether `name` has an owner, now and whenever it gets another or loses it,
/// for as long as there is a bus.
///
/// # Errors
/// When there is no session bus, or it goes.
pub(crate) async fn follow_owner(
    name: &'static str,
    mut changed: impl FnMut(bool),
) -> zbus::Result<()> {
    let bus = SESSION.get_or_try_init(Connection::session).await?;
    let names = DBusProxy::new(bus).await?;
    let mut changes = names.receive_name_owner_changed_with_args(&[(0, name)]).await?;
    changed(names.name_has_owner(BusName::try_from(name)?).await?);
    while let Some(change) = changes.next().await {
        changed(change.args()?.new_owner().is_some());
    }
    Ok(())
}
