// SPDX-License-Identifier: Apache-2.0
// The same in Rust: generics, closures, a trait object.
use std::sync::atomic::{AtomicU64, Ordering};

static SINK: AtomicU64 = AtomicU64::new(0);

trait Shape {
    fn area(&self) -> u64;
}

struct Square<T>(T);

#[inline(never)]
fn spin() -> ! {
    loop {
        SINK.fetch_add(1, Ordering::Relaxed);
    }
}

#[inline(always)]
fn middle(n: u64) -> u64 {
    if n > 0 {
        spin();
    }
    n
}

impl<T: Into<u64> + Copy> Shape for Square<T> {
    fn area(&self) -> u64 {
        middle(self.0.into()) * 2
    }
}

#[inline(never)]
fn total(shapes: &[Box<dyn Shape>]) -> u64 {
    shapes.iter().map(|s| s.area()).sum()
}

fn main() {
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(3u32))];
    println!("{}", total(&shapes));
}
