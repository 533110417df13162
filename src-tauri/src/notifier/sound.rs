//! The bell: a struck desk bell, computed, so that no file is needed and it works by default.

use rodio::buffer::SamplesBuffer;
use std::{f32::consts::TAU, num::NonZero, sync::atomic::AtomicBool, sync::atomic::Ordering};

const RATE: u32 = 44_100;
/// Frequency of the strike and, for each partial, its ratio, loudness and decay per second.
const STRIKE_HZ: f32 = 1_174.7;
const PARTIALS: [(f32, f32, f32); 4] =
    [(1.0, 0.50, 3.5), (2.76, 0.25, 5.0), (5.40, 0.12, 8.0), (8.93, 0.06, 12.0)];
const SECONDS: f32 = 1.4;

static RINGING: AtomicBool = AtomicBool::new(false);

/// Rings once, without waiting for it; a bell that still rings is not struck again. `failed` is
/// told why, where it cannot be rung.
pub(crate) fn ring(failed: impl FnOnce(String) + Send + 'static) {
    if RINGING.swap(true, Ordering::AcqRel) {
        return;
    }
    let started = std::thread::Builder::new().name("bell".into()).spawn(|| {
        if let Err(error) = play() {
            failed(error.to_string());
        }
        RINGING.store(false, Ordering::Release);
    });
    if let Err(error) = started {
        tracing::warn!("the bell could not be rung: {error}");
        RINGING.store(false, Ordering::Release);
    }
}

/// The device is opened for each ring: one that was unplugged since is not missed for long.
fn play() -> Result<(), rodio::DeviceSinkError> {
    let mut device = rodio::DeviceSinkBuilder::open_default_sink()?;
    device.log_on_drop(false);
    let player = rodio::Player::connect_new(device.mixer());
    player.append(SamplesBuffer::new(
        NonZero::<u16>::MIN,
        NonZero::new(RATE).unwrap_or(NonZero::<u32>::MIN),
        bell(),
    ));
    player.sleep_until_end();
    Ok(())
}

fn bell() -> Vec<f32> {
    let count = (SECONDS * RATE as f32) as u32;
    (0..count)
        .map(|n| {
            let t = n as f32 / RATE as f32;
            PARTIALS
                .iter()
                .map(|(ratio, loud, decay)| {
                    loud * (-decay * t).exp() * (TAU * STRIKE_HZ * ratio * t).sin()
                })
                .sum()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::bell;

    #[test]
    fn the_bell_is_loud_at_once_fades_and_never_clips() {
        let samples = bell();
        let loudest = |part: &[f32]| part.iter().fold(0.0_f32, |max, s| max.max(s.abs()));
        assert!(loudest(&samples) <= 1.0);
        assert!(loudest(&samples[..2_000]) > 0.4);
        assert!(loudest(&samples[samples.len() - 2_000..]) < 0.02);
    }
}
