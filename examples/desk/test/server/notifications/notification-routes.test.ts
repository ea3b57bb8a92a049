import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

async function twoUsers() {
  const { url } = await startDesk();
  return { ada: await ApiClient.signIn(url, "ada"), ben: await ApiClient.signIn(url, "ben") };
}

it("streams only the user's own notifications", async () => {
  const { ada, ben } = await twoUsers();
  const stream = await ada.stream("/api/notifications/stream");
  await ben.json("POST", "/api/notifications", { userId: "ben", text: "to myself" });
  await ben.json("POST", "/api/notifications", { broadcast: true, text: "to everyone" });
  await ben.json("POST", "/api/notifications", { userId: "ada", text: "to Ada" });
  const { data } = await stream.next("notification");
  expect(data).toMatchObject({ from: "Ben Okoro", text: "to Ada", userId: "ada" });
  expect(stream.events).toHaveLength(1);
});

it("does not replay another user's notifications", async () => {
  const { ada, ben } = await twoUsers();
  await ada.json("POST", "/api/notifications", { userId: "ben", text: "for Ben" });
  await ada.json("POST", "/api/notifications", { userId: "ada", text: "for Ada" });
  const fromStart = await ada.stream("/api/notifications/stream");
  expect((await fromStart.next("notification")).data.text).toBe("for Ada");
  const stale = await ben.stream("/api/notifications/stream?lastEventId=stale-1");
  expect((await stale.next("notification")).data.text).toBe("for Ben");
  expect(fromStart.events).toHaveLength(1);
});

it("streams the notifications for everyone and the user's own on the broadcast stream", async () => {
  const { ada, ben } = await twoUsers();
  const [adas, bens] = [
    await ada.stream("/api/notifications/broadcast"),
    await ben.stream("/api/notifications/broadcast"),
  ];
  await ada.json("POST", "/api/notifications", { userId: "ada", text: "mine" });
  await ada.json("POST", "/api/notifications", { broadcast: true, text: "everyone's" });
  expect((await adas.next("notification")).data).toMatchObject({ text: "mine", userId: "ada" });
  expect((await adas.next("notification")).data).toMatchObject({ text: "everyone's", userId: null });
  expect((await bens.next("notification")).data).toMatchObject({ text: "everyone's", userId: null });
});

it.each([
  [{ text: "x" }, "Send either userId or broadcast: true."],
  [{ text: "x", userId: "ada", broadcast: true }, "Send either userId or broadcast: true."],
  [{ text: "x", userId: "eve" }, "There is no user eve."],
  [{ text: "", userId: "ada" }, "text must not be empty."],
])("refuses the notification %j with the reason", async (body, message) => {
  const { ada } = await twoUsers();
  const response = await ada.fetch("POST", "/api/notifications", body);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ message });
});
