//! What makes a program of a target.

pub use libfuzzer_sys;

use rand::{RngExt, SeedableRng, rngs::StdRng};

/// A program that runs a target on what libFuzzer makes up: by its own mutations, which know
/// what the code compares with, and by those that keep JSON what it is.
#[macro_export]
macro_rules! program {
    ($target:path) => {
        use $crate::libfuzzer_sys::{fuzz_mutator, fuzz_target};

        fuzz_target!(|data: &[u8]| $target(data));
        fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
            $crate::mutate(data, size, max_size, seed)
        });
    };
}

/// Changes the first `size` bytes and tells how many they are then.
pub fn mutate(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let mut random = StdRng::seed_from_u64(u64::from(seed));
    if random.random_bool(0.5) {
        return libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    }
    let mut changed = data[..size].to_vec();
    fuzz::mutate(&mut changed, max_size, &mut random);
    data[..changed.len()].copy_from_slice(&changed);
    changed.len()
}
