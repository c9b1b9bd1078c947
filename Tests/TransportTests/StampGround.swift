import CLinux
import Glibc
import Reactor
import TestSupport

/// Linux stamps arriving packets only while some socket asks for it, and begins a moment after the first one did. This
/// socket asks for as long as the tests run, so that every answer has its stamp.
enum StampGround {
    static let shared = Result { try begin() }

    private static func begin() throws {
        let listener = try Sockets.listen(ip: "127.0.0.1", port: 0, backlog: 8)
        let address = SocketAddress(ip: "127.0.0.1", port: try Sockets.port(of: listener))!
        let client: Int32
        switch Socket.connect(to: address, stamped: true) {
        case .connected(let number), .pending(let number): client = number
        case .failed(let code): throw GroundFailure(text: "no connection to ourselves: \(code)")
        }
        let server = accept(listener, nil, nil)
        for _ in 0..<1_000 {
            var (byte, stamp) = (UInt8(0), Int64(0))
            _ = unsafe send(server, &byte, 1, 0)
            while unsafe linux_receive_stamped(client, &byte, 1, &stamp) < 0 { usleep(100) }
            if stamp > 0 { return }
            usleep(1_000)
        }
        throw GroundFailure(text: "this kernel stamps nothing")
    }
}
