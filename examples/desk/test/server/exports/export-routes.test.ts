import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { expect, it } from "vitest";
import { ApiClient } from "../../support/api-client.ts";
import { startDesk } from "../../support/start-desk.ts";

async function exportFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith(`desk-exports-${process.pid}-`));
}

it("streams the progress, ends the stream, and offers the file for download", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 1; n <= 100; n++) await ada.placeOrder(`Customer ${n}`, n);
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const stream = await ada.stream(`/api/exports/${jobId}/progress`);
  await stream.ended;

  const progress = stream.events.filter(({ type }) => type === "progress").map(({ data }) => data.percentage);
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(100);
  const last = stream.events.at(-1)!;
  expect(last).toMatchObject({ type: "completed", data: { rows: 100, downloadUrl: `/api/exports/${jobId}/download` } });

  const download = await ada.fetch("GET", last.data.downloadUrl);
  expect(download.headers.get("content-disposition")).toMatch(/^attachment; filename="orders-[\d-]+\.csv"$/);
  const lines = (await download.text()).split("\r\n");
  expect(lines).toHaveLength(102);
  expect(lines[0]).toBe("orderId,customerName,amount,placedAt");
  expect(lines[100]).toMatch(/^1100,Customer 100,100\.00,/);
  expect(Number(download.headers.get("content-length") ?? last.data.bytes)).toBe(last.data.bytes);
});

it("answers 204 to a reconnect after the last event, so that EventSource stops", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("One");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const stream = await ada.stream(`/api/exports/${jobId}/progress`);
  const { id } = await stream.next("completed");
  await stream.ended;
  const again = await ada.stream(`/api/exports/${jobId}/progress`, { "last-event-id": id });
  expect(again.response.status).toBe(204);
});

it("answers 404 for another user's export", async () => {
  const { url } = await startDesk({ exportPace: 200 });
  const ada = await ApiClient.signIn(url, "ada");
  const ben = await ApiClient.signIn(url, "ben");
  await ada.placeOrder("One");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  for (const [method, path] of [
    ["GET", ""],
    ["GET", "/progress"],
    ["GET", "/download"],
    ["DELETE", ""],
  ] as const) {
    expect((await ben.fetch(method, `/api/exports/${jobId}${path}`)).status).toBe(404);
    expect((await ada.fetch(method, `/api/exports/nothing${path}`)).status).toBe(404);
  }
  expect((await ada.fetch("GET", `/api/exports/${jobId}`)).status).toBe(200);
});

it("ends the stream of a cancelled export with a cancelled event, and has no file", async () => {
  const { url } = await startDesk({ exportPace: 60_000 });
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("One");
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  const stream = await ada.stream(`/api/exports/${jobId}/progress`);
  await stream.next("progress");
  expect((await ada.fetch("GET", `/api/exports/${jobId}/download`)).status).toBe(409);
  await ada.fetch("DELETE", `/api/exports/${jobId}`);
  await stream.next("cancelled");
  await stream.ended;
  expect((await ada.fetch("GET", `/api/exports/${jobId}/download`)).status).toBe(409);
});

it("answers 409 without orders, and 429 for a third running export of a user", async () => {
  const { url } = await startDesk({ exportPace: 60_000 });
  const ada = await ApiClient.signIn(url, "ada");
  expect((await ada.fetch("POST", "/api/exports/start")).status).toBe(409);
  await ada.placeOrder("One");
  const statuses: number[] = [];
  for (let n = 0; n < 3; n++) statuses.push((await ada.fetch("POST", "/api/exports/start")).status);
  expect(statuses).toEqual([202, 202, 429]);
});

it("accepts two of forty requests at the same moment, and two more when those have ended", async () => {
  const { url } = await startDesk({ exportPace: 60_000 });
  const ada = await ApiClient.signIn(url, "ada");
  const ben = await ApiClient.signIn(url, "ben");
  await ada.placeOrder("One");
  const startForty = async () => {
    const responses = await Promise.all(Array.from({ length: 40 }, () => ada.fetch("POST", "/api/exports/start")));
    const accepted = responses.filter(({ status }) => status === 202);
    expect(responses.filter(({ status }) => status === 429)).toHaveLength(40 - accepted.length);
    return Promise.all(accepted.map(async (response) => ((await response.json()) as { jobId: string }).jobId));
  };
  for (let round = 0; round < 3; round++) {
    const jobIds = await startForty();
    expect(jobIds).toHaveLength(2);
    expect(await startForty()).toHaveLength(0);
    expect((await ben.fetch("POST", "/api/exports/start")).status).toBe(round < 2 ? 202 : 429);
    for (const jobId of jobIds) await ada.fetch("DELETE", `/api/exports/${jobId}`);
  }
});

it("lets a user export again after a request failed or an export finished", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  for (let n = 0; n < 5; n++) expect((await ada.fetch("POST", "/api/exports/start")).status).toBe(409);
  await ada.placeOrder("One");
  for (let n = 0; n < 5; n++) {
    const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
    await (await ada.stream(`/api/exports/${jobId}/progress`)).ended;
  }
});

it("keeps the ten newest files of a user", async () => {
  const { url } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  const ben = await ApiClient.signIn(url, "ben");
  await ada.placeOrder("One");
  const exportOnce = async (client: ApiClient) => {
    const { jobId } = await client.json<{ jobId: string }>("POST", "/api/exports/start");
    await (await client.stream(`/api/exports/${jobId}/progress`)).ended;
    return jobId;
  };
  const bens = await exportOnce(ben);
  const jobIds: string[] = [];
  for (let n = 0; n < 12; n++) jobIds.push(await exportOnce(ada));
  const statuses: number[] = [];
  for (const jobId of jobIds) statuses.push((await ada.fetch("GET", `/api/exports/${jobId}/download`)).status);
  expect(statuses).toEqual([410, 410, ...Array.from({ length: 10 }, () => 200)]);
  expect((await ben.fetch("GET", `/api/exports/${bens}/download`)).status).toBe(200);
});

it("deletes the files when the desk closes", async () => {
  const { url, close } = await startDesk();
  const ada = await ApiClient.signIn(url, "ada");
  await ada.placeOrder("One");
  const before = await exportFolders();
  const { jobId } = await ada.json<{ jobId: string }>("POST", "/api/exports/start");
  await (await ada.stream(`/api/exports/${jobId}/progress`)).ended;
  const own = (await exportFolders()).filter((name) => !before.includes(name));
  expect(own).not.toHaveLength(0);
  await close();
  expect((await exportFolders()).filter((name) => own.includes(name))).toEqual([]);
});
