import { describe, expect, it } from "vitest";

import type { Camera, FoundCamera } from "../wire";
import { addedWords, chosenFrom, foundWords, hostOf, inOrder, shownAddress } from "./found";

const added = (name: string, address: string): Camera => ({ name, address, kind: "rtsp" }) as Camera;
const answered = (address: string, name = ""): FoundCamera => ({ address, name, model: "", scopes: [] });

describe("the host of an address", () => {
  it.each([
    ["rtsp://10.0.0.9:554/Streaming/1?a=@b", "10.0.0.9"],
    ["http://Yard.local/onvif/device_service", "yard.local"],
    ["https://[fe80::1]:8443/x", "[fe80::1]"],
    ["http://user:p@ss@10.0.0.9:80", "10.0.0.9"],
    ["10.0.0.9:8000", "10.0.0.9"],
    ["", ""],
  ])("of %s is %s", (address, host) => {
    expect(hostOf(address)).toBe(host);
  });
});

it("is shown without the path that nearly all cameras have", () => {
  expect(shownAddress("http://10.0.0.9:8000/onvif/device_service")).toBe("http://10.0.0.9:8000");
  expect(shownAddress("http://10.0.0.9/device")).toBe("http://10.0.0.9/device");
});

describe("whether a camera has been added", () => {
  const yard = answered("http://10.0.0.9/onvif/device_service");
  const cameras = [added("Yard", "rtsp://10.0.0.9:554/main"), added("Gate", "rtsp://10.0.0.90/main")];

  it("is told from its host, whatever port and path its streams have", () => {
    expect(addedWords(yard.address, cameras, [yard])).toBe("Already added as Yard");
    expect(addedWords("http://10.0.0.7/", cameras, [yard])).toBeNull();
  });

  it("is not claimed where several cameras are at that host", () => {
    const other = answered("http://10.0.0.9:8081/onvif/device_service");
    expect(addedWords(other.address, cameras, [yard, other])).toBe("At the same host as Yard");
  });

  it("is not told from a file whose path looks like one", () => {
    const file = { ...added("Film", "10.0.0.9/film.mp4"), kind: "file" as const };
    expect(addedWords(yard.address, [file], [yard])).toBeNull();
  });

  it("names the first where there are many", () => {
    const many = ["a", "b", "c", "d"].map((name) => added(name, "rtsp://10.0.0.9/"));
    expect(addedWords(yard.address, many.slice(0, 3), [yard])).toBe("Already added as a, b and c");
    expect(addedWords(yard.address, many, [yard])).toBe("Already added as a, b and 2 more");
  });
});

describe("what was found", () => {
  const found = ["http://10.0.0.10/", "http://10.0.0.9/", "http://10.0.0.2/"].map((address) => answered(address, "IPC"));

  it("is in the order of names and numbers, what is still to be added first", () => {
    const hosts = (cameras: Camera[]): string[] => inOrder(found, cameras).map(({ address }) => hostOf(address));
    expect(hosts([])).toEqual(["10.0.0.2", "10.0.0.9", "10.0.0.10"]);
    expect(hosts([added("Yard", "rtsp://10.0.0.2/1")])).toEqual(["10.0.0.9", "10.0.0.10", "10.0.0.2"]);
  });

  it("is counted in words", () => {
    const yard = [added("Yard", "rtsp://10.0.0.9/1")];
    expect(foundWords(found, [])).toBe("3 cameras answered.");
    expect(foundWords(found, yard)).toBe("3 cameras answered, 1 of them already added.");
    expect(foundWords(found.slice(1, 2), yard)).toBe("One camera answered, and has been added already.");
  });
});

describe("an address that was typed", () => {
  const plain = { name: "", model: "", username: "", password: "" };

  it("is left to the server to judge", () => {
    expect(chosenFrom(" 192.168.1.64:8000 ")).toEqual({ ...plain, address: "192.168.1.64:8000" });
  });

  it("loses the user name and password in it, which go where they belong", () => {
    expect(chosenFrom("http://admin:p%40ss:1@10.0.0.9/onvif")).toEqual({
      ...plain,
      address: "http://10.0.0.9/onvif",
      username: "admin",
      password: "p@ss:1",
    });
    expect(chosenFrom("admin:100%@10.0.0.9")).toMatchObject({ address: "10.0.0.9", password: "100%" });
    expect(chosenFrom("admin@10.0.0.9")).toMatchObject({ username: "admin", password: "" });
  });

  it("is refused where it is none of a camera", () => {
    expect(chosenFrom(" ")).toMatch(/Enter/);
    expect(chosenFrom("RTSP://10.0.0.9/main")).toMatch(/stream/);
  });
});
