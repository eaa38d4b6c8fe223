internal import CLinux
internal import Firewall
internal import Platform

// What wakes it beside its own clock.
extension Carrier {
  func watchStore(_ path: Path) {
    storeWatch = StoreWatch(path)
    isStoreWatched = false
    if let storeWatch { _ = clinux_epoll_add(epoll, storeWatch.descriptor) }
  }

  func watchStore() {
    guard !isStoreWatched, let storeWatch else { return }
    isStoreWatched = storeWatch.begin()
  }

  func watchFirewall() {
    guard !isFirewallWatched, let watch = firewall.watch else { return }
    isFirewallWatched = clinux_epoll_add(epoll, watch.descriptor) == 0
  }
}
