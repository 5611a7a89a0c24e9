// The front page: the state of the agent at a glance, from the most urgent to the most detailed.

import { stateBanner } from "./banner.ts";
import { customersSection } from "./customers-section.ts";
import { daySection } from "./day-section.ts";
import { deliverySection } from "./delivery-section.ts";
import { pageDocument } from "./document.ts";
import { interfacesSection } from "./interfaces-section.ts";
import { networksSection } from "./networks-section.ts";
import { topSection } from "./top-section.ts";
import type { View } from "./view.ts";

/** The whole document. */
export function statusPage(view: View): string {
  const { status } = view;
  return pageDocument({
    view,
    title: null,
    main: [
      stateBanner(status),
      interfacesSection(status),
      deliverySection(status),
      daySection(view),
      customersSection(view),
      networksSection(view),
      topSection(status),
    ],
  });
}
