//! Datagram sockets: what arrives goes to a callback, what the kernel has no room for waits.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::{AsRawFd, RawFd};
use std::rc::Rc;

use socket2::{Domain, InterfaceIndexOrAddress, SockAddr, Socket};

use super::{Args, Ret, Scope};
use super::{IPV6_ONLY, address_arg, address_of, borrowed, errno_of, interface_index};
use super::{socket_address_into_js, socket_arg, status_of};
use crate::builtins::async_context::AsyncContext;
use crate::builtins::fs::memory::array_buffer_of;
use crate::builtins::kept;
use crate::builtins::numbered::Numbered;
use crate::builtins::{descriptors, method, string_arg};
use crate::engine::{call, host};
use crate::event_loop::EventLoop;
use crate::event_loop::io::Ready;

/// libuv's `UV_UDP_REUSEADDR` and `UV_UDP_REUSEPORT`.
const REUSE_ADDRESS: u32 = 4;
const REUSE_PORT: u32 = 8;

/// The longest datagram.
const LONGEST: usize = 65536;

/// Datagrams taken in one turn at most, as libuv does.
const RECEIVES: usize = 32;

pub fn fill(scope: &mut Scope<'_, '_>, target: v8::Local<v8::Object>) {
    method(scope, target, "udpBind", bind);
    method(scope, target, "udpConnect", connect);
    method(scope, target, "udpDisconnect", disconnect);
    method(scope, target, "udpOpen", open);
    method(scope, target, "udpReceive", receive);
    method(scope, target, "udpSend", send);
    method(scope, target, "udpQueue", queue);
    method(scope, target, "udpSetRef", set_ref);
    method(scope, target, "udpStop", stop);
    method(scope, target, "udpSet", set);
    method(scope, target, "udpSetInterface", set_interface);
    method(scope, target, "udpMembership", membership);
    method(scope, target, "udpSourceMembership", source_membership);
    method(scope, target, "udpBufferSize", buffer_size);
}

struct Udp {
    fd: RawFd,
    watch: Cell<u64>,
    receiving: Cell<bool>,
    referenced: Cell<bool>,
    closed: Cell<bool>,
    on_message: v8::Global<v8::Function>,
    context: AsyncContext,
    queue: RefCell<VecDeque<Datagram>>,
}

/// What the kernel had no room for yet.
struct Datagram {
    bytes: Vec<u8>,
    to: Option<SockAddr>,
    callback: v8::Global<v8::Function>,
}

/// Those of an isolate, in one of its slots.
#[derive(Default)]
struct AllUdp {
    open: RefCell<Numbered<Rc<Udp>>>,
}

fn all(scope: &mut Scope<'_, '_>) -> Rc<AllUdp> {
    kept(scope)
}

fn udp_arg(scope: &mut Scope<'_, '_>, args: &Args<'_>) -> Option<Rc<Udp>> {
    let id = args.get(0).uint32_value(scope)?;
    all(scope).open.borrow().get(id).cloned()
}

fn send_one(socket: &Socket, bytes: &[u8], to: Option<&SockAddr>) -> io::Result<usize> {
    loop {
        let sent = match to {
            Some(to) => socket.send_to(bytes, to),
            None => socket.send(bytes),
        };
        match sent {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            sent => return sent,
        }
    }
}

impl Udp {
    fn update(&self, event_loop: &EventLoop) {
        if self.closed.get() {
            return;
        }
        let wanted = Ready {
            readable: self.receiving.get(),
            writable: !self.queue.borrow().is_empty(),
        };
        event_loop
            .io
            .want(self.watch.get(), wanted, self.referenced.get());
    }

    fn call(
        &self,
        scope: &mut Scope<'_, '_>,
        callback: &v8::Global<v8::Function>,
        values: impl for<'s> FnOnce(&mut Scope<'s, '_>) -> [v8::Local<'s, v8::Value>; 2],
    ) {
        self.context.run(scope, |scope| {
            let callback = v8::Local::new(scope, callback);
            let values = values(scope);
            call(scope, callback, &values);
        });
    }

    fn on_ready(&self, scope: &mut Scope<'_, '_>, ready: Ready) {
        if ready.readable {
            self.receive_all(scope);
        }
        if ready.writable {
            self.send_all(scope);
        }
        self.update(&host(scope).event_loop);
    }

    fn receive_all(&self, scope: &mut Scope<'_, '_>) {
        let mut space = vec![MaybeUninit::<u8>::uninit(); LONGEST];
        for _ in 0..RECEIVES {
            if !self.receiving.get() || self.closed.get() {
                return;
            }
            let Ok(socket) = borrowed(self.fd) else {
                return;
            };
            match socket.recv_from(&mut space) {
                Ok((count, from)) => {
                    // SAFETY: the kernel has written so many bytes of it.
                    let bytes = unsafe { space[..count].assume_init_ref() };
                    self.call(scope, &self.on_message, |scope| {
                        let bytes = array_buffer_of(scope, bytes).into();
                        let from = match from.as_socket() {
                            Some(from) => socket_address_into_js(scope, from).into(),
                            None => v8::undefined(scope).into(),
                        };
                        [bytes, from]
                    });
                }
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock => return,
                    ErrorKind::Interrupted => {}
                    _ => {
                        let errno = errno_of(&error);
                        self.call(scope, &self.on_message, |scope| {
                            let errno = v8::Integer::new(scope, errno).into();
                            [errno, v8::undefined(scope).into()]
                        });
                        return;
                    }
                },
            }
        }
    }

    fn send_all(&self, scope: &mut Scope<'_, '_>) {
        while !self.closed.get() {
            let status = {
                let queue = self.queue.borrow();
                let Some(first) = queue.front() else {
                    return;
                };
                match borrowed(self.fd)
                    .and_then(|socket| send_one(&socket, &first.bytes, first.to.as_ref()))
                {
                    Ok(count) => i32::try_from(count).unwrap_or(0),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                    Err(error) => errno_of(&error),
                }
            };
            let first = self.queue.borrow_mut().pop_front();
            if let Some(first) = first {
                self.call(scope, &first.callback, |scope| {
                    let status = v8::Integer::new(scope, status).into();
                    [status, v8::undefined(scope).into()]
                });
            }
        }
    }
}

/// `udpBind(fd, address, port, flags)` → 0 or a negative errno. libuv's flags.
fn bind(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let flags = args.get(3).uint32_value(scope).unwrap_or(0);
    let bound = socket_arg(scope, &args).and_then(|socket| {
        let address = address_arg(scope, &args, 1)?;
        if flags & REUSE_ADDRESS != 0 {
            socket.set_reuse_address(true)?;
        }
        if flags & REUSE_PORT != 0 {
            socket.set_reuse_port(true)?;
        }
        if flags & IPV6_ONLY != 0 {
            if !address.is_ipv6() {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
            socket.set_only_v6(true)?;
        }
        socket.bind(&address)
    });
    result.set_int32(status_of(bound));
}

/// `udpConnect(fd, address, port)` → 0 or a negative errno.
fn connect(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let connected =
        socket_arg(scope, &args).and_then(|socket| socket.connect(&address_arg(scope, &args, 1)?));
    result.set_int32(status_of(connected));
}

/// `udpDisconnect(fd)` → 0 or a negative errno.
fn disconnect(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let gone = socket_arg(scope, &args).and_then(|socket| {
        // SAFETY: all zero is an address of family AF_UNSPEC.
        let none: libc::sockaddr = unsafe { std::mem::zeroed() };
        let size = libc::socklen_t::try_from(size_of_val(&none)).unwrap_or(0);
        // SAFETY: an address and its size.
        match unsafe { libc::connect(socket.as_raw_fd(), &raw const none, size) } {
            -1 => Err(io::Error::last_os_error()),
            _ => Ok(()),
        }
    });
    result.set_int32(status_of(gone));
}

/// `udpOpen(fd, onMessage)` → its number, or a negative errno. `onMessage` gets an `ArrayBuffer` and
/// `{ address, family, port }`, or a negative errno.
fn open(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Ok(on_message) = v8::Local::<v8::Function>::try_from(args.get(1)) else {
        return;
    };
    let fd = args.get(0).int32_value(scope).unwrap_or(-1);
    if let Err(error) = borrowed(fd).and_then(|socket| socket.set_nonblocking(true)) {
        result.set_int32(errno_of(&error));
        return;
    }
    let udp = Rc::new(Udp {
        fd,
        watch: Cell::new(0),
        receiving: Cell::new(false),
        referenced: Cell::new(true),
        closed: Cell::new(false),
        on_message: v8::Global::new(scope, on_message),
        context: AsyncContext::current(scope),
        queue: RefCell::default(),
    });
    let watched = udp.clone();
    let host = host(scope);
    let event_loop = &host.event_loop;
    let watch = event_loop
        .io
        .watch(&event_loop.sender(), fd, move |scope, ready| {
            watched.on_ready(scope, ready);
        });
    match watch {
        Ok(watch) => udp.watch.set(watch),
        Err(error) => {
            result.set_int32(errno_of(&error));
            return;
        }
    }
    descriptors::hold(scope, fd);
    let id = all(scope).open.borrow_mut().add(udp);
    result.set_uint32(id);
}

/// `udpReceive(number, on)`.
fn receive(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let on = args.get(1).boolean_value(scope);
    if let Some(udp) = udp_arg(scope, &args) {
        udp.receiving.set(on);
        udp.update(&host(scope).event_loop);
    }
}

/// `udpSend(number, bytes, callback, address, port)` → the bytes sent and 1, 0 where
/// `callback(status)` will tell, or a negative errno. Without an address to whom it is connected.
fn send(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(udp) = udp_arg(scope, &args) else {
        result.set_int32(-libc::EBADF);
        return;
    };
    let Ok(view) = v8::Local::<v8::ArrayBufferView>::try_from(args.get(1)) else {
        return;
    };
    let mut bytes = vec![0; view.byte_length()];
    view.copy_contents(&mut bytes);
    let to = if args.get(3).is_undefined() {
        None
    } else {
        match address_arg(scope, &args, 3) {
            Ok(to) => Some(to),
            Err(error) => {
                result.set_int32(errno_of(&error));
                return;
            }
        }
    };
    if udp.queue.borrow().is_empty() {
        match borrowed(udp.fd).and_then(|socket| send_one(&socket, &bytes, to.as_ref())) {
            Ok(count) => {
                result.set_int32(i32::try_from(count).unwrap_or(0) + 1);
                return;
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => {
                result.set_int32(errno_of(&error));
                return;
            }
        }
    }
    let Ok(callback) = v8::Local::<v8::Function>::try_from(args.get(2)) else {
        return;
    };
    udp.queue.borrow_mut().push_back(Datagram {
        bytes,
        to,
        callback: v8::Global::new(scope, callback),
    });
    udp.update(&host(scope).event_loop);
    result.set_int32(0);
}

/// `udpQueue(number)` → `[datagrams, bytes]` that wait.
#[expect(clippy::cast_precision_loss, reason = "below 2^53 bytes")]
fn queue(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let (mut count, mut bytes) = (0, 0);
    if let Some(udp) = udp_arg(scope, &args) {
        let queue = udp.queue.borrow();
        count = queue.len();
        bytes = queue.iter().map(|datagram| datagram.bytes.len()).sum();
    }
    let sizes = [count, bytes].map(|size: usize| v8::Number::new(scope, size as f64).into());
    result.set(v8::Array::new_with_elements(scope, &sizes).into());
}

/// `udpSetRef(number, on)`: whether receiving keeps the program running; sending always does.
fn set_ref(scope: &mut Scope<'_, '_>, args: Args<'_>, _result: Ret<'_>) {
    let on = args.get(1).boolean_value(scope);
    if let Some(udp) = udp_arg(scope, &args) {
        udp.referenced.set(on);
        udp.update(&host(scope).event_loop);
    }
}

/// `udpStop(number)` → the callbacks that will not be called, an array. The descriptor stays open.
fn stop(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let Some(id) = args.get(0).uint32_value(scope) else {
        return;
    };
    let udp = all(scope).open.borrow_mut().take_out(id);
    let Some(udp) = udp else {
        return;
    };
    udp.closed.set(true);
    host(scope).event_loop.io.unwatch(udp.watch.get());
    let queue = udp.queue.take();
    let callbacks: Vec<v8::Local<v8::Value>> = queue
        .iter()
        .map(|datagram| v8::Local::new(scope, &datagram.callback).into())
        .collect();
    result.set(v8::Array::new_with_elements(scope, &callbacks).into());
}

/// `udpSet(fd, option, number)` → 0 or a negative errno; `option` is one of Node's methods.
fn set(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let option = string_arg(scope, &args, 1);
    let value = args.get(2).int32_value(scope).unwrap_or(0);
    let done = socket_arg(scope, &args).and_then(|socket| {
        let v6 = socket.domain()? == Domain::IPV6;
        let number = |least, most| {
            u32::try_from(value)
                .ok()
                .filter(|value| (least..=most).contains(value))
                .ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))
        };
        match (option.as_str(), v6) {
            ("setBroadcast", _) => socket.set_broadcast(value != 0),
            ("setTTL", false) => socket.set_ttl_v4(number(1, 255)?),
            ("setTTL", true) => socket.set_unicast_hops_v6(number(1, 255)?),
            ("setMulticastTTL", false) => socket.set_multicast_ttl_v4(number(0, 255)?),
            ("setMulticastTTL", true) => socket.set_multicast_hops_v6(number(0, 255)?),
            ("setMulticastLoopback", false) => socket.set_multicast_loop_v4(value != 0),
            ("setMulticastLoopback", true) => socket.set_multicast_loop_v6(value != 0),
            _ => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        }
    });
    result.set_int32(status_of(done));
}

fn invalid<T>(value: Option<T>) -> io::Result<T> {
    value.ok_or_else(|| io::Error::from_raw_os_error(libc::EINVAL))
}

/// `udpSetInterface(fd, address)` → 0 or a negative errno: that through which multicasts go out.
fn set_interface(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let text = string_arg(scope, &args, 1);
    let done = socket_arg(scope, &args).and_then(|socket| {
        if socket.domain()? == Domain::IPV6 {
            let address = invalid(address_of(&text, 0))?;
            if !address.is_ipv6() {
                return Err(io::Error::from_raw_os_error(libc::EINVAL));
            }
            return socket.set_multicast_if_v6(interface_index(&address));
        }
        socket.set_multicast_if_v4(&invalid(text.parse().ok())?)
    });
    result.set_int32(status_of(done));
}

/// Argument `index` as an address of IPv4, that of all interfaces where it is undefined.
fn v4_interface(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> io::Result<Ipv4Addr> {
    if args.get(index).is_null_or_undefined() {
        return Ok(Ipv4Addr::UNSPECIFIED);
    }
    invalid(string_arg(scope, args, index).parse().ok())
}

/// Argument `index` as an interface of IPv6, by an address with `%` and its name.
fn v6_interface(scope: &mut Scope<'_, '_>, args: &Args<'_>, index: i32) -> io::Result<u32> {
    if args.get(index).is_null_or_undefined() {
        return Ok(0);
    }
    let text = string_arg(scope, args, index);
    Ok(interface_index(&invalid(address_of(&text, 0))?))
}

/// `udpMembership(fd, group, interface, joins)` → 0 or a negative errno.
fn membership(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let group = string_arg(scope, &args, 1);
    let joins = args.get(3).boolean_value(scope);
    let done =
        socket_arg(scope, &args).and_then(|socket| match invalid(address_of(&group, 0))?.ip() {
            IpAddr::V4(group) => {
                let interface = InterfaceIndexOrAddress::Address(v4_interface(scope, &args, 2)?);
                if joins {
                    socket.join_multicast_v4_n(&group, &interface)
                } else {
                    socket.leave_multicast_v4_n(&group, &interface)
                }
            }
            IpAddr::V6(group) => {
                let interface = v6_interface(scope, &args, 2)?;
                if joins {
                    socket.join_multicast_v6(&group, interface)
                } else {
                    socket.leave_multicast_v6(&group, interface)
                }
            }
        });
    result.set_int32(status_of(done));
}

/// `udpSourceMembership(fd, source, group, interface, joins)` → 0 or a negative errno.
fn source_membership(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let source = string_arg(scope, &args, 1);
    let group = string_arg(scope, &args, 2);
    let joins = args.get(4).boolean_value(scope);
    let done = socket_arg(scope, &args).and_then(|socket| {
        let source = invalid(address_of(&source, 0))?.ip();
        let group = invalid(address_of(&group, 0))?.ip();
        match (source, group) {
            (IpAddr::V4(source), IpAddr::V4(group)) => {
                let interface = v4_interface(scope, &args, 3)?;
                if joins {
                    socket.join_ssm_v4(&source, &group, &interface)
                } else {
                    socket.leave_ssm_v4(&source, &group, &interface)
                }
            }
            (IpAddr::V6(source), IpAddr::V6(group)) => {
                let interface = v6_interface(scope, &args, 3)?;
                source_membership_v6(&socket, source, group, interface, joins)
            }
            _ => Err(io::Error::from_raw_os_error(libc::EINVAL)),
        }
    });
    result.set_int32(status_of(done));
}

/// `MCAST_JOIN_SOURCE_GROUP` and its opposite, which neither libc nor socket2 has for IPv6.
fn source_membership_v6(
    socket: &Socket,
    source: Ipv6Addr,
    group: Ipv6Addr,
    interface: u32,
    joins: bool,
) -> io::Result<()> {
    /// The kernel's `group_source_req`.
    #[repr(C)]
    struct Request {
        interface: u32,
        group: libc::sockaddr_storage,
        source: libc::sockaddr_storage,
    }
    const JOIN: i32 = 46;
    const LEAVE: i32 = 47;
    let storage = |ip: Ipv6Addr| SockAddr::from(std::net::SocketAddrV6::new(ip, 0, 0, 0));
    let (group, source) = (storage(group), storage(source));
    let request = Request {
        interface,
        // SAFETY: socket2 keeps an address in a whole storage.
        group: unsafe { *group.as_ptr().cast::<libc::sockaddr_storage>() },
        // SAFETY: as above.
        source: unsafe { *source.as_ptr().cast::<libc::sockaddr_storage>() },
    };
    let size = libc::socklen_t::try_from(size_of_val(&request)).unwrap_or(0);
    // SAFETY: the kernel reads so many bytes of the request.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_IPV6,
            if joins { JOIN } else { LEAVE },
            (&raw const request).cast(),
            size,
        )
    };
    if done == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// `udpBufferSize(fd, size, receives)` → the size as the kernel has it, or a negative errno. With a
/// size that is not 0 it is set first.
fn buffer_size(scope: &mut Scope<'_, '_>, args: Args<'_>, mut result: Ret<'_>) {
    let size = args.get(1).uint32_value(scope).unwrap_or(0);
    let receives = args.get(2).boolean_value(scope);
    let done = socket_arg(scope, &args).and_then(|socket| {
        if size != 0 {
            let size = invalid(i32::try_from(size).ok())?;
            let size = usize::try_from(size).unwrap_or(0);
            if receives {
                socket.set_recv_buffer_size(size)?;
            } else {
                socket.set_send_buffer_size(size)?;
            }
            return Ok(size);
        }
        if receives {
            socket.recv_buffer_size()
        } else {
            socket.send_buffer_size()
        }
    });
    match done {
        Ok(size) => result.set_int32(i32::try_from(size).unwrap_or(i32::MAX)),
        Err(error) => result.set_int32(errno_of(&error)),
    }
}
