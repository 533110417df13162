//! Just enough XMPP over WebSocket (RFC 7395) to stand in a room and speak there.

use crate::wire::Wire;
use anyhow::{Result, bail};
use tokio::runtime::Handle;

/// Somebody in a room.
#[derive(Debug)]
pub(crate) struct Guest {
    wire: Wire,
    room: String,
}

impl Guest {
    /// Signs in on loopback and enters the room, called `name` there.
    pub(crate) fn join(
        runtime: &Handle,
        port: u16,
        (name, password): (&str, &str),
        room: &str,
    ) -> Result<Self> {
        let mut wire = Wire::open(runtime, port, "/xmpp-websocket", Some("xmpp"))?;
        for (say, expected) in sign_in(name, password) {
            wire.send(say)?;
            wire.wait(expected, |text| {
                if text.contains("<failure") {
                    bail!("prosody refused: {text}");
                }
                Ok(text.contains(expected).then_some(()))
            })?;
        }
        let mut guest = Self { wire, room: room.to_owned() };
        guest.wire.send(format!(
            "<presence xmlns='jabber:client' to='{room}/{name}'>\
             <x xmlns='http://jabber.org/protocol/muc'/></presence>"
        ))?;
        guest.wait_present(name)?;
        Ok(guest)
    }

    /// Says something in the room. The text must need no escaping.
    pub(crate) fn say(&self, text: &str) -> Result<()> {
        let (room, id) = (&self.room, uuid::Uuid::now_v7());
        self.wire.send(format!(
            "<message xmlns='jabber:client' type='groupchat' id='{id}' to='{room}'>\
             <body>{text}</body></message>"
        ))
    }

    /// Waits until somebody enters the room.
    pub(crate) fn wait_present(&mut self, name: &str) -> Result<()> {
        let from = format!("{}/{name}", self.room);
        self.wire.wait(&format!("{from} in the room"), |stanza| {
            let present = stanza.starts_with("<presence") && stanza.contains(&from);
            Ok((present && !stanza.contains("type='unavailable'")).then_some(()))
        })
    }

    /// Forgets who came so far.
    pub(crate) fn forget(&mut self) {
        self.wire.forget();
    }
}

/// What is said, and what the answer contains.
fn sign_in(name: &str, password: &str) -> [(String, &'static str); 4] {
    let open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' to='localhost' version='1.0'/>";
    let credentials = base64(format!("\0{name}\0{password}").as_bytes());
    [
        (open.to_owned(), "features"),
        (
            format!(
                "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>\
                 {credentials}</auth>"
            ),
            "<success",
        ),
        (open.to_owned(), "features"),
        (
            "<iq xmlns='jabber:client' type='set' id='bind'>\
             <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
                .to_owned(),
            "type='result'",
        ),
    ]
}

/// RFC 4648, for the one line that needs it.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |sum, b| (sum << 8) | u32::from(*b));
        let word = word << (8 * (3 - chunk.len()));
        for at in 0..4 {
            if at <= chunk.len() {
                text.push(char::from(ALPHABET[(word >> (18 - 6 * at)) as usize & 63]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn base64_as_rfc_4648_shows_it() {
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(super::base64(plain.as_bytes()), encoded);
        }
    }
}
