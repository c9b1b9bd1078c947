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
