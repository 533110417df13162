//! The floor of the benchmarks: an empty Tauri program.
//!
//! With `FLOOR_HOPS=N` it measures N hops: a number goes to the page over a channel and comes back
//! as a command; the times, in milliseconds, are printed as one JSON object.

use std::{
    sync::{
        Mutex,
        mpsc::{Receiver, Sender, channel},
    },
    time::{Duration, Instant},
};
use tauri::{State, ipc::Channel};

struct Confirmations {
    to: Sender<u32>,
    from: Mutex<Option<Receiver<u32>>>,
}

#[tauri::command]
fn confirm(number: u32, confirmations: State<'_, Confirmations>) {
    // Nobody waits for the last one of a measurement that was given up.
    let _ = confirmations.to.send(number);
}

#[tauri::command]
fn ready(channel: Channel<u32>, confirmations: State<'_, Confirmations>) {
    eprintln!("FLOOR_READY");
    let count = std::env::var("FLOOR_HOPS").ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    let receiver = confirmations.from.lock().ok().and_then(|mut from| from.take());
    if let (true, Some(receiver)) = (count > 0, receiver) {
        std::thread::spawn(move || measure(&channel, &receiver, count));
    }
}

fn measure(channel: &Channel<u32>, confirmed: &Receiver<u32>, count: u32) {
    let mut hops_ms = Vec::new();
    for number in 0..count {
        let started = Instant::now();
        if channel.send(number).is_err() {
            return;
        }
        while confirmed.recv_timeout(Duration::from_secs(5)).is_ok_and(|got| got != number) {}
        hops_ms.push(started.elapsed().as_secs_f64() * 1_000.0);
        // As messages come: one by one, not as fast as the line carries.
        std::thread::sleep(Duration::from_millis(5));
    }
    println!("{}", serde_json::json!({ "hops_ms": hops_ms }));
}

fn main() {
    let (to, from) = channel();
    tauri::Builder::default()
        .manage(Confirmations { to, from: Mutex::new(Some(from)) })
        .invoke_handler(tauri::generate_handler![confirm, ready])
        .run(tauri::generate_context!())
        .expect("the empty program runs");
}
