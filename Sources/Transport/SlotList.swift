/// Some slots of a table in the order in which they were put in; the links are in `SlotLinks`.
struct SlotList {
    fileprivate static let none: Int32 = -1

    fileprivate var first = none
    fileprivate var last = none

    var isEmpty: Bool { first == Self.none }

    var oldest: Int? { first == Self.none ? nil : Int(first) }

    var newest: Int? { last == Self.none ? nil : Int(last) }
}

/// The links of any number of lists over one table; a slot is in one of them at most. All operations take constant time
/// and allocate nothing.
struct SlotLinks {
    private struct Link {
        var older = SlotList.none
        var newer = SlotList.none
    }

    private var links: [Link]

    init(capacity: Int) { links = Array(repeating: Link(), count: capacity) }

    mutating func append(_ slot: Int, to list: inout SlotList) {
        links[slot] = Link(older: list.last)
        if list.isEmpty {
            list.first = Int32(slot)
        } else {
            links[Int(list.last)].newer = Int32(slot)
        }
        list.last = Int32(slot)
    }

    /// - Precondition: the slot is in this list.
    mutating func remove(_ slot: Int, from list: inout SlotList) {
        let link = links[slot]
        if link.older == SlotList.none {
            list.first = link.newer
        } else {
            links[Int(link.older)].newer = link.newer
        }
        if link.newer == SlotList.none {
            list.last = link.older
        } else {
            links[Int(link.newer)].older = link.older
        }
    }

    /// The slot that was put in next after this one; nil behind the newest.
    func next(after slot: Int) -> Int? {
        let newer = links[slot].newer
        return newer == SlotList.none ? nil : Int(newer)
    }

    /// From the oldest to the newest, for who does not mind that it takes as long as there are slots.
    func all(of list: SlotList) -> [Int] {
        var slots: [Int] = []
        var slot = list.first
        while slot != SlotList.none {
            slots.append(Int(slot))
            slot = links[Int(slot)].newer
        }
        return slots
    }
}

/// Slots in the order in which their requests started. With one timeout for all, the oldest is the next to expire:
/// no heap and no timer per request.
struct AgeList {
    private var links: SlotLinks
    private var slots = SlotList()
    private(set) var count = 0

    init(capacity: Int) { links = SlotLinks(capacity: capacity) }

    var oldest: Int? { slots.oldest }

    /// The slot whose request started next after this one's.
    func next(after slot: Int) -> Int? { links.next(after: slot) }

    mutating func append(_ slot: Int) {
        links.append(slot, to: &slots)
        count += 1
    }

    /// - Precondition: the slot is in the list.
    mutating func remove(_ slot: Int) {
        links.remove(slot, from: &slots)
        count -= 1
    }
}
