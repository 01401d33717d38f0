//! Memory for messages, lent to the connections of one thread that have something to read or write. Idle ones hold none.

use std::cell::RefCell;
use std::rc::Rc;

/// Bytes of a buffer to read into: a response of 16 KiB with its head comes in one read.
pub(crate) const SIZE: usize = 32 << 10;
/// Buffers of each kind kept for reuse, for each thread; 8 MiB and 4 MiB.
const KEPT: usize = 256;
/// An output buffer that has grown past this, in bytes, is freed.
const LARGEST_OUTPUT: usize = 16 << 10;

/// Cheap to clone; all clones of a thread lend from one stock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Buffers(Rc<Stock>);

#[derive(Debug, Default)]
struct Stock {
    input: RefCell<Vec<Vec<u8>>>,
    output: RefCell<Vec<Vec<u8>>>,
}

impl Buffers {
    /// Lends a buffer of [`SIZE`] bytes, with whatever was left in it.
    pub(crate) fn take(&self) -> Vec<u8> {
        self.0.input.borrow_mut().pop().unwrap_or_else(|| vec![0; SIZE])
    }

    /// Takes one back; one that has grown is freed.
    pub(crate) fn put(&self, buffer: Vec<u8>) {
        let mut stock = self.0.input.borrow_mut();
        if buffer.len() == SIZE && stock.len() < KEPT {
            stock.push(buffer);
        }
    }

    /// Lends an empty buffer that grows as it is written to.
    pub(crate) fn take_output(&self) -> Vec<u8> {
        self.0.output.borrow_mut().pop().unwrap_or_else(|| Vec::with_capacity(1 << 10))
    }

    pub(crate) fn put_output(&self, mut buffer: Vec<u8>) {
        let mut stock = self.0.output.borrow_mut();
        if buffer.capacity() <= LARGEST_OUTPUT && stock.len() < KEPT {
            buffer.clear();
            stock.push(buffer);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_comes_back_and_a_grown_one_does_not() {
        let buffers = Buffers::default();
        let mut buffer = buffers.take();
        buffer[0] = 7;
        buffers.put(buffer);
        assert_eq!(buffers.take()[0], 7);
        buffers.put(vec![1; SIZE * 2]);
        assert_eq!(buffers.take()[0], 0);
    }

    #[test]
    fn an_output_buffer_comes_back_empty() {
        let buffers = Buffers::default();
        let mut output = buffers.take_output();
        output.extend_from_slice(&[1; 5000]);
        buffers.put_output(output);
        let output = buffers.take_output();
        assert!(output.is_empty() && output.capacity() >= 5000);
    }
}
