"""What the pages say, in French and English; same word for same thing everywhere.

Rules of this file: a key, then French and English. Short sentences, present tense, no blame, no
exclamation mark. Spaces and apostrophes are set by `formats.spaced`, so plain ones stand here.
"""

from __future__ import annotations

from backend.web.formats import Language, spaced

_WORDS: dict[str, tuple[str, str]] = {
    # States of a departure
    "live": ("En direct", "Live"),
    "live_ageing": ("En direct", "Live"),
    "timetable": ("Horaire prévu", "Timetable"),
    "not_coming": ("Ne passe pas", "Not coming"),
    "no_contact": ("Sans nouvelles", "No contact"),
    "position_age": ("position {age}", "position {age}"),
    "approaching": ("à l'approche", "arriving"),
    "at_stop": ("à l'arrêt", "at the stop"),
    "about": ("environ", "about"),
    "on_time": ("à l'heure", "on time"),
    "late": ("{n} min de retard", "{n} min late"),
    "early": ("{n} min d'avance, part à {t}", "{n} min early, leaves at {t}"),
    "at_time": ("à {t}", "at {t}"),
    "instead_of": ("à {t} au lieu de {s}", "at {t} instead of {s}"),
    "instead_only": ("au lieu de {s}", "instead of {s}"),
    "no_contact_time": ("heure prévue, non confirmée", "scheduled, not confirmed"),
    "unknown_past": (
        "Nous ne savons pas si ce car est passé.",
        "We do not know if this bus has passed.",
    ),
    "unknown_past_truck": (
        "Nous ne savons pas si ce camion est là.",
        "We do not know if this truck is here.",
    ),
    "next_tomorrow": ("prochain : demain à {t}", "next: tomorrow at {t}"),
    "next_today": ("prochain : {t}", "next: {t}"),
    "next_day": ("prochain : {d} à {t}", "next: {d} at {t}"),
    "next_unknown": ("appelez le {tel}", "call {tel}"),
    "via": ("par {places}", "via {places}"),
    "school": ("car scolaire", "school bus"),
    "settles_until": ("s'installe ici jusqu'à {t}", "stands here until {t}"),
    # Why a departure is known from the timetable only
    "no_tracking": ("pas de suivi", "no tracking"),
    "not_departed": ("pas encore parti", "not yet departed"),
    "off_route": ("car hors de son trajet", "bus off its route"),
    "off_route_truck": ("camion hors de son trajet", "truck off its route"),
    "asleep": ("pas de suivi", "no tracking"),
    "to_come": ("pas encore parti", "not yet departed"),
    # Reasons
    "snow_pass": ("Col de {place} fermé par la neige", "{place} pass closed by snow"),
    "ice": ("Verglas {place}", "Ice {place}"),
    "road_closed": ("Route fermée {place}", "Road closed {place}"),
    "flood": ("Route inondée {place}", "Flooded road {place}"),
    "works": ("Travaux {place}", "Road works {place}"),
    "herd": ("Troupeau sur la route", "Herd on the road"),
    "breakdown": ("Car en panne", "Bus broken down"),
    "ramp_down": ("Rampe hors service", "Ramp out of order"),
    "no_driver": ("Pas de conducteur", "No driver available"),
    "full": ("Car complet", "Bus full"),
    "school_off": ("Pas d'école aujourd'hui", "No school today"),
    "strike": ("Grève", "Strike"),
    "holiday": ("Jour férié", "Public holiday"),
    "no_booking": ("Personne n'a réservé", "Nobody booked"),
    "radio_shadow": ("Zone sans réseau", "No radio coverage"),
    "signal_lost": ("Plus de signal depuis {place}", "No signal since {place}"),
    "passenger_care": ("Aide à une personne", "Helping a passenger"),
    "unknown": ("Raison pas encore connue", "Reason not yet known"),
    # The board
    "next_departures": ("Prochains passages", "Next departures"),
    "scheduled_times": ("Horaires prévus", "Scheduled times"),
    "clock_unset": ("heure inconnue", "time unknown"),
    "clock_unset_more": (
        "Cet écran ne sait pas l'heure. Appelez le {tel}.",
        "This screen does not know the time. Call {tel}.",
    ),
    "data_age": ("Données : {age}", "Data: {age}"),
    "last_data": ("Dernières données : {t}", "Last data: {t}"),
    "end_of_evening": (
        "Plus de car ce soir. {when} : {line} à {t}.",
        "No more buses tonight. {when}: {line} at {t}.",
    ),
    "end_of_day": (
        "Plus de car aujourd'hui. {when} : {line} à {t}.",
        "No more buses today. {when}: {line} at {t}.",
    ),
    "no_service": (
        "Pas de car aujourd'hui. {when} : {line} à {t}.",
        "No buses today. {when}: {line} at {t}.",
    ),
    "nothing_planned": (
        "Pas de car prévu cette semaine. Appelez le {tel}.",
        "No buses planned this week. Call {tel}.",
    ),
    "today": ("Aujourd'hui", "Today"),
    "tomorrow": ("Demain", "Tomorrow"),
    "doubt_call": ("Un doute ? Appelez le {tel}.", "Not sure? Call {tel}."),
    "cancelled_call": (
        "{reason}. Pour {place}, appelez le {tel}.",
        "{reason}. For {place}, call {tel}.",
    ),
    "column_line": ("Ligne", "Line"),
    "column_destination": ("Destination", "Destination"),
    "column_state": ("État", "State"),
    "column_time": ("Passage", "Departure"),
    "line_named": ("Ligne {line}", "Line {line}"),
    "truck": ("Camion", "Truck"),
    "struck": ("annulé : {t}", "cancelled: {t}"),
    # Markets
    "market_today": ("Marché de services aujourd'hui", "Service market today"),
    "market_over": ("Marché de services : terminé", "Service market: over"),
    "market_here": ("Marché de services", "Service market"),
    "market_next": ("Prochain ici : {date}", "Next here: {date}"),
    "market_elsewhere": ("{when} à {place}, {hours}", "{when} in {place}, {hours}"),
    "market_none": ("Pas de marché ici.", "No market here."),
    # Network lost
    "network_lost": (
        "Pas de réseau. Nous ne savons pas où sont les cars.",
        "No network. We do not know where the buses are.",
    ),
    "network_lost_more": (
        "Les heures ci-dessous sont les heures prévues. Les cars peuvent être en retard.",
        "The times below are the scheduled times. Buses may be late.",
    ),
    "network_lost_map": (
        "La carte montre ce qui était connu au dernier contact.",
        "The map shows what was known at the last contact.",
    ),
    "last_contact": ("dernier contact : {t}", "last contact: {t}"),
    "seen_on_time": ("vu à l'heure à {t}", "seen on time at {t}"),
    "seen_early": ("vu en avance à {t}", "seen early at {t}"),
    "seen_at_stop": ("vu ici à {t}", "seen here at {t}"),
    "late_possible": ("retard possible", "may be late"),
    "late_announced": (
        "Retard de {n} min annoncé à {t}",
        "{n} min late, announced at {t}",
    ),
    "told_before": ("annoncé avant {t}", "announced before {t}"),
    "call_between": ("Un doute ? Appelez le {tel}.", "Not sure? Call {tel}."),
    "screen_down": (
        "Écran hors service. Appelez le {tel}.",
        "Screen out of order. Call {tel}.",
    ),
    "screen_down_since": ("Dernières données : {date}", "Last data: {date}"),
    # First page
    "slogan": (
        "Les services publics viennent jusqu'au village.",
        "Public services come to the village.",
    ),
    "promise": (
        (
            "{name} : cars, camions de services, marchés et coworkings. "
            "Chaque écran dit ce qu'il sait, et depuis quand."
        ),
        (
            "{name}: buses, service trucks, markets and coworking. "
            "Each screen says what it knows, and since when."
        ),
    ),
    "stop_boards": ("Écrans d'arrêt", "Stop boards"),
    "other_stops": ("Tous les autres arrêts ({n})", "All other stops ({n})"),
    "vehicles_heading": ("Véhicules et lieux, en liste", "Vehicles and places, as a list"),
    "vehicles_caption": (
        "Les mêmes informations que la carte",
        "The same information as the map",
    ),
    "column_vehicle": ("Véhicule ou lieu", "Vehicle or place"),
    "column_where": ("Où", "Where"),
    "column_age": ("Depuis", "Since"),
    "ops_link": ("Appareils", "Devices"),
    "ops_link_more": ("Pour l'exploitation", "For operations"),
    "demonstration": (
        "Démonstration : les lieux sont réels, les lignes, horaires et véhicules sont inventés.",
        "Demonstration: places are real; lines, timetables and vehicles are invented.",
    ),
    "no_tiles": (
        "Carte dessinée sans fond en ligne, elle marche sans réseau.",
        "The map is drawn without online tiles and works without network.",
    ),
    "map_named": ("Carte de {name}", "Map of {name}"),
    "legend": ("Légende", "Legend"),
    "market_legend": ("Marché aujourd'hui", "Market today"),
    "coworking_legend": ("Coworking ouvert", "Coworking open"),
    "space_open": ("Ouvert jusqu'à {t}", "Open until {t}"),
    "space_closed": ("Fermé", "Closed"),
    "persons_none": ("0 personne", "0 people"),
    "persons_one": ("1 personne", "1 person"),
    "persons": ("{n} personnes", "{n} people"),
    "persons_within": (", à {n} près", ", give or take {n}"),
    "persons_unknown": ("nombre de personnes inconnu", "number of people unknown"),
    "located": (
        "{n} véhicules en direct, données {age}",
        "{n} vehicles live, data {age}",
    ),
    "located_one": ("1 véhicule en direct, données {age}", "1 vehicle live, data {age}"),
    "near": ("après {place}, vers {next}", "after {place}, towards {next}"),
    "towards": ("vers {next}", "towards {next}"),
    "at_place": ("à {place}", "at {place}"),
    "on_map": ("hors de son trajet", "off its route"),
    "by_timetable_at": ("d'après l'horaire : {place}", "by the timetable: {place}"),
    "resting": ("Au repos", "At rest"),
    "resting_more": ("l'a annoncé", "announced it"),
    "never_heard": ("jamais entendu", "never heard"),
    "not_today": ("Ne roule pas aujourd'hui", "Not running today"),
    "no_departure": ("plus de passage", "no more today"),
    "skip": ("Aller au contenu", "Skip to content"),
    "home": ("Tous les arrêts", "All stops"),
    "state_changed": ("{line} {place} : {state}", "{line} {place}: {state}"),
    "reconnected": ("Réseau revenu.", "Network is back."),
    # Devices
    "devices_title": ("Appareils : présence, manques, refus", "Devices: presence, gaps, refusals"),
    "devices_intro": (
        "Chaque numéro manquant est expliqué par l'appareil, ou devient une alerte.",
        "Every missing number is explained by the device, or becomes an alarm.",
    ),
    "column_heard": ("Entendu", "Heard"),
    "column_stored": ("Messages stockés", "Messages stored"),
    "column_waiting": ("En attente à bord", "Waiting aboard"),
    "column_missing": ("Manquants", "Missing"),
    "column_explained": ("Manques expliqués", "Explained gaps"),
    "column_alarms": ("Alertes", "Alarms"),
    "no_alarm": ("aucune", "none"),
    "presence_online": ("En ligne", "Online"),
    "presence_asleep": ("Endormi, l'a annoncé", "Asleep, announced it"),
    "presence_offline": ("Arrêté, l'a annoncé", "Stopped, announced it"),
    "presence_lost": ("Sans nouvelles", "No contact"),
    "presence_unknown": ("Jamais entendu", "Never heard"),
    "doors_title": ("Portes à co-pass", "Co-pass doors"),
    "doors_intro": (
        "Retrait sûr : dès ce moment, une carte retirée maintenant n'ouvre plus, même sans réseau.",
        "Safe revocation: from then on a card taken back now opens no more, even without network.",
    ),
    "doors_none": ("Aucune porte n'a de droits.", "No door has rights."),
    "column_door": ("Porte", "Door"),
    "column_contact": ("Dernier contact", "Last contact"),
    "column_rights": ("Droits", "Rights"),
    "column_bound": ("Retrait sûr le", "Safe revocation"),
    "column_still_opens": ("Droits retirés pas encore sus", "Withdrawn rights not yet known"),
    "door_rights": ("{rights} droits, {cards} cartes", "{rights} rights, {cards} cards"),
    "door_behind": ("tient la version {held} sur {version}", "holds version {held} of {version}"),
    "door_retired": ("retirée", "retired"),
    "no_bound": ("rien à retirer", "nothing to revoke"),
    "until": ("jusqu'à {t}", "until {t}"),
    "quarantine_title": ("Messages refusés, par raison", "Refused messages, by reason"),
    "quarantine_none": ("Aucun message refusé.", "No message refused."),
    # Errors
    "not_found": ("Cette page n'existe pas.", "This page does not exist."),
    "unknown_stop": (
        "L'arrêt « {stop} » n'existe pas. Choisissez un arrêt.",
        "There is no stop called “{stop}”. Choose a stop.",
    ),
    "failed": (
        "La page ne peut pas être montrée. Essayez encore dans une minute.",
        "The page cannot be shown. Try again in a minute.",
    ),
}


def say(language: Language, key: str, **values: object) -> str:
    """The words of `key`, set in the language. Raises KeyError for a key that has none."""
    french_words, english_words = _WORDS[key]
    words = french_words if language == "fr" else english_words
    return spaced(words.format(**values).strip(), language)


def reason(language: Language, key: str, place: str) -> str:
    """Why something does not run; a key that nobody has words for is a reason not yet known."""
    return say(language, key if key in _WORDS else "unknown", place=place)


def keys() -> tuple[str, ...]:
    """Every key, for the tests."""
    return tuple(_WORDS)
