// Takes the pictures of docs/home-assistant.md: node screenshots.cjs URL TOKENS DEVICE FOLDER
const { chromium } = require("playwright-core");

async function main() {
  const [url, tokens, device, folder] = process.argv.slice(2);
  const browser = await chromium.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const page = await browser.newPage({ viewport: { width: 1160, height: 1760 } });
  await page.addInitScript((tokens) => localStorage.setItem("hassTokens", tokens), tokens);

  const pictures = [
    ["device", `${url}/config/devices/device/${device}`, "ha-config-device-page", null],
    ["card", `${url}/mood-card/0`, "hui-vertical-stack-card, hui-stack-card", "hui-vertical-stack-card"],
  ];
  for (const [name, address, appears, part] of pictures) {
    await page.goto(address, { timeout: 60_000 });
    await page.locator(appears).first().waitFor({ timeout: 60_000 });
    // The newest releases ask whether the port of the test is meant
    const meant = page.getByRole("button", { name: "Confirm" });
    await meant.click({ timeout: 4_000 }).catch(() => {});
    await page.waitForTimeout(6_000);  // cards fill in after they appear
    const shown = part ? page.locator(part).first() : page;
    await shown.screenshot({ path: `${folder}/${name}.png` });
  }
  await browser.close();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
