import { describe, expect, it } from "vitest";
import { CatchUp } from "../../../src/ship/catch-up.ts";

/** A receiver that has taken the probe. */
function proven(): CatchUp {
  const catchUp = new CatchUp("batched");
  catchUp.joinedAccepted();
  return catchUp;
}

describe("catching up", () => {
  it("reads what is stored unless it is to be batched", () => {
    const catchUp = new CatchUp("sequential");
    catchUp.joinedAccepted();
    expect(catchUp.form).toBe("stored");
  });

  it("joins nothing but the agent's own metrics before the receiver has taken such a request", () => {
    const catchUp = new CatchUp("batched");
    catchUp.storedAccepted();
    expect(catchUp.form).toBe("probe");
    catchUp.joinedAccepted();
    expect(catchUp.form).toBe("joined");
  });

  it.each([400, 409, 413, 415, 422, 500, 200])("ends with %i for a joined request, until a reload", (status) => {
    const catchUp = proven();
    catchUp.joinedRefused({ status });
    expect([catchUp.form, catchUp.isGivenUp]).toEqual(["stored", true]);
    catchUp.storedAccepted();
    expect(catchUp.form).toBe("stored");
    catchUp.reset();
    expect(catchUp.form).toBe("probe");
  });

  it.each([null, 401, 403, 404, 429, 502, 503, 504])(
    "waits with %s until a stored request gets through, three times at most",
    (status) => {
      const catchUp = proven();
      for (const left of [2, 1, 0]) {
        catchUp.joinedRefused({ status });
        expect([catchUp.form, catchUp.isGivenUp]).toEqual(["stored", left === 0]);
        catchUp.storedAccepted();
        expect(catchUp.form).toBe(left === 0 ? "stored" : "joined");
      }
    },
  );

  it("forgets outages when a joined request gets through", () => {
    const catchUp = proven();
    for (let round = 0; round < 10; round++) {
      catchUp.joinedRefused({ status: 503 });
      catchUp.storedAccepted();
      catchUp.joinedAccepted();
    }
    expect(catchUp.form).toBe("joined");
  });
});
