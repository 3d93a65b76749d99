// Shows alerts that reach this browser while the console is closed. They were encrypted for it alone (RFC 8291).

self.addEventListener("push", (event) => {
  const { id, title, text, link } = event.data.json();
  const body = text.split("\n").filter((line) => line !== link).join("\n");
  // One that comes twice takes its own place: `tag`.
  const shown = self.registration.showNotification(title, { body, tag: id, icon: "/favicon.svg", data: { link }, requireInteraction: true });
  event.waitUntil(shown);
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(self.clients.openWindow(event.notification.data.link));
});
