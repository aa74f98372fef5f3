// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
// rusty.rs — a Rust program. What a function's name begins with says what becomes of it: ran_ or idle_.
use std::hint::black_box;

mod parts {
    use std::hint::black_box;
    #[inline(never)]
    pub fn ran_plain(n: u64) -> u64 {
        black_box(n) * 3
    }
    #[inline(never)]
    pub fn idle_plain(n: u64) -> u64 {
        black_box(n) * 5
    }
    pub trait Part {
        fn ran_by_trait(&self) -> u64;
        fn idle_by_trait(&self) -> u64;
    }
    pub struct Thing(pub u64);
    impl Part for Thing {
        #[inline(never)]
        fn ran_by_trait(&self) -> u64 {
            black_box(self.0) * 7
        }
        #[inline(never)]
        fn idle_by_trait(&self) -> u64 {
            black_box(self.0) * 11
        }
    }
    #[inline(never)]
    pub fn ran_generic<T: Into<u64>>(n: T) -> u64 {
        black_box(n.into()) * 13
    }
}

fn main() {
    let all = std::env::args().count() > 1;
    let thing: Box<dyn parts::Part> = black_box(Box::new(parts::Thing(9)));
    let mut sum = parts::ran_plain(1) + thing.ran_by_trait() + parts::ran_generic(3u32);
    if all {
        sum += parts::idle_plain(2) + thing.idle_by_trait();
    }
    println!("{}", sum);
}
